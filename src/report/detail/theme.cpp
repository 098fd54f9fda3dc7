#include "report/detail/theme.h"

namespace mirrortune::report {

const Theme& standalone_theme() {
  static const Theme theme{
      .paper = "#ffffff",
      .ink = "#1c2024",
      .muted = "#5a636d",
      .grid = "#e4e7ea",
      .floor = "#d7dbe0",
      .accent = "#2f4bb2",
      .font = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
      // Okabe and Ito's palette, its yellow left out: too faint on white.
      .series = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7a3e9d", "#4d4d4d"}};
  return theme;
}

const Theme& page_theme() {
  static const Theme theme{
      .paper = "var(--paper)",
      .ink = "var(--ink)",
      .muted = "var(--muted)",
      .grid = "var(--grid)",
      .floor = "var(--floor)",
      .accent = "var(--accent)",
      .font = standalone_theme().font,
      .series = {"var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)",
                 "var(--series-5)", "var(--series-6)", "var(--series-7)", "var(--series-8)"}};
  return theme;
}

namespace {

Json mark_styles(const Theme& theme) {
  return {
      {"floor", {{"color", theme.floor}, {"opacity", 1}}},
      {"sampling_floor", {{"color", theme.muted}, {"strokeWidth", 1.5}, {"strokeDash", {2, 3}}}},
      {"seed",
       {{"filled", false}, {"fill", "transparent"}, {"size", 46}, {"strokeWidth", 1.6}, {"opacity", 0.85}}},
      {"mean", {{"strokeWidth", 3.5}, {"opacity", 1}}},
      {"line", {{"strokeWidth", 2}, {"strokeJoin", "round"}}},
      {"thin", {{"strokeWidth", 1.4}, {"opacity", 0.9}, {"strokeJoin", "round"}}},
      {"own", {{"filled", true}, {"size", 120}, {"opacity", 1}}},
      {"winner",
       {{"filled", false}, {"fill", "transparent"}, {"size", 220}, {"strokeWidth", 2}, {"opacity", 1}}},
      {"lost", {{"filled", true}, {"size", 60}, {"opacity", 1}}},
      {"bar", {{"color", theme.accent}, {"opacity", 0.55}}},
      {"heat", {{"color", theme.accent}, {"cursor", "pointer"}}},
      {"outline",
       {{"fill", nullptr}, {"filled", false}, {"stroke", theme.ink}, {"strokeWidth", 1.2}, {"opacity", 1}}},
      {"normal", {{"color", theme.ink}, {"strokeWidth", 1.6}}},
      {"curve", {{"color", theme.accent}, {"strokeWidth", 2}, {"strokeJoin", "round"}}},
      {"interval", {{"color", theme.accent}, {"strokeWidth", 1.2}, {"opacity", 0.6}}},
      {"estimate",
       {{"filled", true}, {"color", theme.accent}, {"stroke", theme.paper}, {"size", 60}, {"opacity", 1}}},
      {"candidate",
       {{"filled", true}, {"color", theme.ink}, {"stroke", theme.paper}, {"size", 50}, {"opacity", 1}}},
      {"name", {{"color", theme.ink}, {"fontSize", 12}, {"align", "left"}, {"dx", 8}, {"dy", -6}}},
      {"pair", {{"filled", true}, {"color", theme.muted}, {"size", 7}, {"opacity", 0.45}}},
      {"point_mass", {{"color", theme.series[1]}, {"strokeWidth", 2}, {"opacity", 1}}},
      {"quantile", {{"filled", true}, {"color", theme.accent}, {"size", 14}, {"opacity", 0.9}}},
  };
}

}  // namespace

Json chart_config(const Theme& theme) {
  return {
      {"background", "transparent"},
      {"font", theme.font},
      {"view", {{"stroke", nullptr}}},
      {"axis",
       {{"labelColor", theme.muted},
        {"titleColor", theme.ink},
        {"labelFontSize", 12},
        {"titleFontSize", 12},
        {"titleFontWeight", "normal"},
        {"titlePadding", 8},
        {"domainColor", theme.muted},
        {"tickColor", theme.muted},
        {"gridColor", theme.grid}}},
      {"axisX", {{"grid", false}, {"labelAngle", 0}}},
      {"axisY", {{"domain", false}, {"ticks", false}, {"labelPadding", 6}}},
      {"title",
       {{"color", theme.ink},
        {"fontSize", 13},
        {"fontWeight", 600},
        {"anchor", "start"},
        {"offset", 10},
        {"subtitleColor", theme.muted},
        {"subtitleFontSize", 12}}},
      {"header", {{"labelColor", theme.ink}, {"labelFontSize", 13}, {"titleColor", theme.muted}}},
      {"legend", {{"labelColor", theme.ink}, {"titleColor", theme.muted}, {"titleFontWeight", "normal"}}},
      {"range", {{"category", theme.series}}},
      {"style", mark_styles(theme)},
  };
}

}  // namespace mirrortune::report
