#!/usr/bin/env python3
"""Opens reports and pages of identifications in a headless browser, on a desktop and on a phone, and looks for what only a browser can tell.

Usage: browser_check.py MAKE_SAMPLE_REPORT CHROMIUM

For each kind of made run: the script ends without an error, every figure of the page holds a drawing, every choice can be
made, no name from the run became an element, and the page never scrolls sideways.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

# Put before the page's own scripts: collects errors, then makes every choice and leaves what it saw in the document.
PROBE = """<script>
var errors = [];
addEventListener('error', function (event) { errors.push(event.message); });
addEventListener('unhandledrejection', function (event) { errors.push(String(event.reason)); });
console.error = console.warn = function () { errors.push([].join.call(arguments, ' ')); };
addEventListener('load', function () {
  var pause = function (ms) { return new Promise(function (done) { setTimeout(done, ms); }); };
  (async function () {
    while (document.documentElement.dataset.charts === 'drawing') await pause(50);
    var seen = { state: document.documentElement.dataset.charts, figures: {}, width: innerWidth };
    for (var box of document.querySelectorAll('[data-figure]')) {
      for (var i = 0; i < box.querySelectorAll('select').length; i += 1) {
        var select = box.querySelectorAll('select')[i];
        select.value = select.options[select.options.length - 1].value;
        select.dispatchEvent(new Event('change'));
        await pause(400);
      }
      var plots = [].map.call(box.querySelectorAll('.panel svg'), function (svg) {
        var size = svg.getBoundingClientRect();
        return size.width > 50 && size.height > 50 && svg.querySelectorAll('path').length;
      });
      seen.figures[box.dataset.figure] = plots;
    }
    seen.state = document.documentElement.dataset.charts;
    seen.layers = document.querySelectorAll('.layer-table tbody tr').length;
    seen.sorted = [].map.call(document.querySelectorAll('.layer-table thead th'), function (head, column) {
      head.querySelector('button').click();
      return [].map.call(document.querySelectorAll('.layer-table tbody tr'), function (row) {
        return row.cells[column].textContent;
      });
    });
    var cell = document.querySelector('[data-figure=heatmap] .mark-rect path');
    if (cell) {
      var box = cell.getBoundingClientRect();
      cell.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }));
      await pause(400);
      var layer = document.querySelector('[data-figure=histogram] select[data-choice=layer]');
      seen.pressed = layer && layer.selectedIndex;
    }
    var filter = document.querySelector('.layer-table input[type=search]');
    if (filter) {
      filter.value = 'conv1';
      filter.dispatchEvent(new Event('input'));
      seen.filtered = [].filter.call(document.querySelectorAll('.layer-table tbody tr'), function (row) { return !row.hidden; }).length;
    }
    seen.images = document.querySelectorAll('img').length;
    seen.sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    seen.errors = errors;
    var result = document.createElement('pre');
    result.id = 'probe';
    result.textContent = encodeURIComponent(JSON.stringify(seen));
    document.body.append(result);
  })();
});
</script>"""

FIGURES = {
    "whole": {"delta_cdf_own", "delta_cdf_others", "histogram", "layers", "heatmap", "lambda", "lambda_epochs", "delta_cdf_epochs",
              "magnitude", "loss", "accuracy", "search"},
    "partial": {"delta_cdf_own", "delta_cdf_others", "layers", "heatmap", "lambda", "lambda_epochs", "delta_cdf_epochs", "magnitude",
                "loss", "accuracy"},
    "bare": {"loss", "accuracy", "search"},
}
FIGURES["hostile"] = FIGURES["whole"]
FIGURES["synapses"] = FIGURES["hostile_synapses"] = {"growth", "profile", "dual_changes", "quantiles"}
FIGURES["network"] = {"depth", "profile"}
FIGURES["robustness"] = {"robustness"}
FIGURES["dynamics"] = {"flow", "flow_dual"}
FIGURES["spines"] = {"spines"}
FIGURES["linreg"] = {"linreg_delta_cdf", "linreg_magnitude", "linreg_spread"}
SIZES = {"desktop": "1200,900", "phone": "390,844"}


def open_page(chromium: str, page: pathlib.Path, size: str) -> dict:
    from urllib.parse import unquote

    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                   "--virtual-time-budget=30000", f"--window-size={size}", "--dump-dom", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    found = re.search(r'<pre id="probe">([^<]*)</pre>', done.stdout)
    assert found, f"{page}: the page's script never ended\n{done.stderr[-2000:]}"
    return json.loads(unquote(found.group(1)))


def numbers_in(cell: str) -> list[str]:
    return re.findall(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", cell.replace(",", "") if "[" not in cell else cell)


def check(kind: str, size: str, seen: dict) -> list[str]:
    problems = []
    if seen["errors"]:
        problems.append(f"errors {seen['errors']}")
    if seen["state"] != "drawn":
        problems.append(f"the charts ended as '{seen['state']}'")
    if set(seen["figures"]) != FIGURES[kind]:
        problems.append(f"figures {sorted(seen['figures'])}, not {sorted(FIGURES[kind])}")
    for figure, plots in seen["figures"].items():
        if not plots or not all(plots):
            problems.append(f"{figure} is not drawn: {plots}")
    for figure in ("histogram", "dual_changes", "quantiles"):
        if len(seen["figures"].get(figure, [])) not in (0, 5):
            problems.append(f"{len(seen['figures'][figure])} panels of {figure}, not one for each of five potentials")
    if ("layers" in FIGURES[kind] and seen["layers"] < 8) or ("depth" in FIGURES[kind] and seen["layers"] < 7):
        problems.append(f"the table of layers has {seen['layers']} rows")
    if {"layers", "depth"} & FIGURES[kind]:
        for column, cells in enumerate(seen["sorted"][1:], 1):
            numbers = [float(number[0]) for number in map(numbers_in, cells) if number]
            if numbers != sorted(numbers) or any(numbers_in(cell) for cell in cells[len(numbers):]):
                problems.append(f"column {column} of the layers is not sorted: {cells}")
    if "histogram" in FIGURES[kind] and seen["pressed"] != 1:
        problems.append(f"a press on the first layer of the heat map chose layer {seen['pressed']} of the histograms")
    if "filtered" in seen and not 0 < seen["filtered"] < seen["layers"]:
        problems.append(f"the filter of the layers left {seen['filtered']} rows")
    if seen["images"]:
        problems.append("a name from the run became an image")
    if seen["sideways"] > 0:
        problems.append(f"scrolls sideways by {seen['sideways']} pixels")
    return [f"{kind}, {size}: {problem}" for problem in problems]


def main() -> None:
    make_sample_report, chromium = sys.argv[1:]
    problems = []
    for kind in FIGURES:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([make_sample_report, kind, folder], check=True)
            page = pathlib.Path(folder) / "run" / "report" / "index.html"
            text = page.read_text(encoding="utf-8")
            page.write_text(text.replace("<head>", "<head>" + PROBE, 1), encoding="utf-8")
            for size, pixels in SIZES.items():
                problems += check(kind, size, open_page(chromium, page, pixels))
    print("\n".join(problems) or "every report is drawn")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
