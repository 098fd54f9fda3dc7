#!/usr/bin/env python3
"""Every specification of a report renders by itself, in the newest Vega-Lite and in the one that it names.

Usage: render_specs.py MAKE_SAMPLE_REPORT          (python with vl-convert-python)
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

import vl_convert

SVG = "{http://www.w3.org/2000/svg}"
RUN = {"delta_cdf_own", "delta_cdf_others", "magnitude", "layers", "heatmap", "lambda", "lambda_epochs", "delta_cdf_epochs", "histogram", "loss", "accuracy", "search"}
SYNAPSES = {"growth", "profile", "dual_changes", "quantiles"}
FEW_MARKS = ("profile", "lambda_epochs", "delta_cdf_epochs", "loss", "accuracy")  # figures of a few lines
NAMES = {"whole": RUN, "hostile": RUN, "synapses": SYNAPSES, "hostile_synapses": SYNAPSES, "network": {"depth", "profile"},
         "robustness": {"robustness"}, "dynamics": {"flow", "flow_dual"}, "spines": {"spines"},
         "linreg": {"linreg_delta_cdf", "linreg_magnitude", "linreg_spread"}}


def inline(spec: dict, folder: pathlib.Path) -> dict:
    """The renderer reads no files, so the rows go into the specification as a Vega editor would load them."""
    rows = (folder / spec["data"]["url"]).read_text(encoding="utf-8")
    return {**spec, "data": {"values": rows, "format": spec["data"].get("format", {"type": "csv"})}}


def marks(svg: str) -> int:
    """Shapes that stand for rows of the table, not those of axes and legends."""
    groups = (group for group in ElementTree.fromstring(svg).iter(SVG + "g") if "role-mark" in group.get("class", ""))
    return sum(shape.tag == SVG + "line" or "M" in shape.get("d", "") for group in groups for shape in group)


def filled_dots(svg: str) -> int:
    """Of the figure of all potentials: the dots that mark the potential trained with."""
    return sum(len(re.findall(r"<path", group)) for group in re.findall(r'class="mark-symbol [^"]*layer_3_marks".*?</g>', svg))


def main() -> None:
    oldest = "5.8" if "5.8" in vl_convert.get_vegalite_versions() else vl_convert.get_vegalite_versions()[0]
    versions = [oldest, vl_convert.get_vegalite_versions()[-1]]
    problems = []
    for kind, names in NAMES.items():
        with tempfile.TemporaryDirectory() as name:
            subprocess.run([sys.argv[1], kind, name], check=True)
            folder = pathlib.Path(name) / "run" / "report"
            specs = sorted(folder.glob("*.vl.json"))
            if {path.name.removesuffix(".vl.json") for path in specs} != names:
                problems.append(f"{kind}: specifications {[path.name for path in specs]}")
            for path in specs:
                spec = inline(json.loads(path.read_text(encoding="utf-8")), folder)
                for version in versions:
                    svg = vl_convert.vegalite_to_svg(spec, vl_version=version)
                    if path.name == "delta_cdf_others.vl.json" and filled_dots(svg) != 3:
                        problems.append(f"{kind}: {path.name} in Vega-Lite {version} fills {filled_dots(svg)} dots, not 3")
                    if marks(svg) < (3 if path.name.startswith(FEW_MARKS) else 10):
                        problems.append(f"{kind}: {path.name} in Vega-Lite {version} draws {marks(svg)} marks")
    print("\n".join(problems) or "every specification renders")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
