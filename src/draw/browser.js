// What Vega expects of a browser and the drawing of a figure needs: elements that take everything and show nothing, a canvas
// that measures text, no clock. `textWidth(font, text)` is the program's.
"use strict";
var window = globalThis;
var drawn = {};  // svg: the figure; error: why there is none

for (const name of ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "requestAnimationFrame", "cancelAnimationFrame"]) {
  globalThis[name] = () => 0;
}

globalThis.structuredClone = value => {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(structuredClone);
  if (value instanceof Set) return new Set([...value].map(structuredClone));
  if (value instanceof Map) return new Map([...value].map(structuredClone));
  if (value instanceof Date) return new Date(value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, structuredClone(part)]));
};

const ignored = () => {};
const takes = child => child;
const measuring = {font: "", measureText(text) { return {width: textWidth(this.font, String(text))}; }};
const element = tag => ({
  tagName: tag, childNodes: [], style: {}, classList: {add: ignored, remove: ignored},
  setAttribute: ignored, removeAttribute: ignored, addEventListener: ignored, removeEventListener: ignored,
  append: ignored, appendChild: takes, insertBefore: takes, removeChild: takes,
  getContext: tag === "canvas" ? () => measuring : undefined,
});
globalThis.document = {
  createElement: element, addEventListener: ignored, removeEventListener: ignored, head: element("head"), body: element("body"),
};

// Gives the opacity of shapes that are filled or outlined, and not both, to their paint: the same to look at, and drawn as it
// is, while librsvg makes a picture of the whole figure for each translucent shape.
const throughPaint = svg => svg.replace(/<(?:path|line) [^>]*>/g, shape => {
  const paints = ["fill", "stroke"].filter(paint => shape.includes(` ${paint}="`));
  return paints.length === 1 ? shape.replace(' opacity="', ` ${paints[0]}-opacity="`) : shape;
});

var draw = spec => {
  vegaEmbed(element("div"), JSON.parse(spec), {renderer: "none", actions: false, defaultStyle: false, tooltip: false})
    .then(result => result.view.toSVG())
    .then(svg => { drawn.svg = throughPaint(svg); })
    .catch(error => { drawn.error = String(error); });
};
