#!/usr/bin/env python3
"""Writes the JavaScript that draws the report's charts: Vega, Vega-Lite and Vega-Embed in one classic script.

Usage: make_vega_bundle.py OUTPUT        (tools/setup.sh calls it with .deps/vega_bundle.js)

The bundle comes out of the PyPI package vl-convert-python, so that no JavaScript tool chain is needed. The script
defines the global function vegaEmbed, loads no module and needs no network.
"""
import os
import pathlib
import sys

import vl_convert

NOTICE = """\
/*! Vega {vegalite_note}Vega-Embed, bundled by vl-convert-python {version}.
Vega, Vega-Lite, Vega-Embed: Copyright (c) 2015-2025, University of Washington Interactive Data Lab. BSD-3-Clause:
Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
following conditions are met:
1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
   disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
   disclaimer in the documentation and/or other materials provided with the distribution.
3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or promote products
   derived from this software without specific prior written permission.
THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
Parts from D3: Copyright 2010-2023 Mike Bostock. ISC: Permission to use, copy, modify, and/or distribute this software
for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission
notice appear in all copies. THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO
THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR
PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE
USE OR PERFORMANCE OF THIS SOFTWARE. */
"""
NEEDED = ("window.vegaEmbed=",)
FORBIDDEN = ("</script", "<!--", ")mirrortune\"")  # they would end the element, or the literal, that holds the text


def bundle() -> str:
    latest = vl_convert.get_vegalite_versions()[-1]
    script = vl_convert.javascript_bundle(vl_version=latest)
    for part in NEEDED:
        if part not in script:
            sys.exit(f"make_vega_bundle.py: error: the bundle lacks '{part}'. Install vl-convert-python 1.9 or newer.")
    for part in FORBIDDEN:
        if part in script.lower():
            sys.exit(f"make_vega_bundle.py: error: the bundle holds '{part}', which an HTML page cannot embed.")
    notice = NOTICE.format(vegalite_note=f"with Vega-Lite {latest} and ", version=vl_convert.__version__)
    # A function around it keeps the bundle's thousand short names out of the page.
    return f"{notice}(function () {{\n{script}\n}})();\n"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    output = pathlib.Path(sys.argv[1])
    temporary = output.with_name(output.name + ".part")
    temporary.write_text(bundle(), encoding="utf-8", newline="\n")
    os.replace(temporary, output)


if __name__ == "__main__":
    main()
