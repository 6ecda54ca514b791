"""The JavaScript and CSS of components: files below this folder, put together when the app starts, with no build step.

The JavaScript is ES modules, which browsers, Node and linters read as they stand. Streamlit, however, takes the
JavaScript of a component as one text, in which a relative import leads nowhere. `script` therefore puts the modules
that are imported before those that import them, each in a function of its own: what a module does not export stays
unknown to the others, and two modules may give the same name to different things.

Imports and exports have the forms that are used here, each at the beginning of a line: ``import { a, b as c } from
"./file.js";``, ``export function``, ``export class``, ``export const name``, and ``export default`` before an
expression. Anything else is an error when the app starts, as is a name that is not exported, or a circle of imports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) ([\w$]+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default (?!(?:async )?function [\w$]|class [\w$])", re.MULTILINE)
_STATEMENT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class ScriptError(ValueError):
    """Modules that cannot be put together: a mistake in the JavaScript of a component."""


def styles(*names: str) -> str:
    """The text of these CSS files, one after the other."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


def script(name: str, folder: Path = _HERE) -> str:
    """The module of that name in ``folder`` and all that it imports, as one module with its default export.

    Raises ScriptError where the modules do not fit together.
    """
    linker = _Linker(folder.resolve())
    component = linker.add(linker.folder / name, ())
    if "default" not in component.exports:
        raise ScriptError(f"{name} has no default export, the function that Streamlit calls.")
    texts = [module.text for module in linker.modules.values()]
    return "\n".join([*texts, f"export default {component.variable}.default;\n"])


@dataclass(frozen=True)
class _Module:
    """A module as a constant of the script, whose value holds the exports."""

    variable: str
    exports: tuple[str, ...]
    text: str


class _Linker:
    """Collects modules, each after those that it imports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: dict[Path, _Module] = {}

    def add(self, path: Path, importers: tuple[Path, ...]) -> _Module:
        """Add the module unless it is there; ``importers`` led to it, the nearest one last."""
        if path in self.modules:
            return self.modules[path]
        if path in importers:
            circle = " → ".join(map(self._name, (*importers[importers.index(path) :], path)))
            raise ScriptError(f"Modules import each other in a circle: {circle}. Move what they share to a third one.")
        if not path.is_file():
            importer = f", which {self._name(importers[-1])} imports" if importers else ""
            raise ScriptError(f"There is no module {self._name(path)}{importer}.")
        text = path.read_text("utf-8")
        exports = tuple(_EXPORT.findall(text))
        text = _IMPORT.sub(lambda statement: self._binding(statement, (*importers, path)), text)
        text, defaults = _DEFAULT.subn("const __default__ = ", _EXPORT.sub("", text))
        if unread := _STATEMENT.search(text):
            raise ScriptError(f"{self._name(path)} imports or exports in a form that is not read here: {unread[0]}")
        values = ", ".join([*exports, *["default: __default__"] * defaults])
        variable = f"__module{len(self.modules)}__"
        self.modules[path] = _Module(
            variable,
            (*exports, *["default"] * defaults),
            f"// {self._name(path)}\nconst {variable} = (() => {{\n{text}\nreturn {{ {values} }};\n}})();",
        )
        return self.modules[path]

    def _binding(self, statement: re.Match[str], importers: tuple[Path, ...]) -> str:
        """What stands in the script for an import statement of the last of the importers."""
        names = [name.strip() for name in statement[1].split(",") if name.strip()]
        path = (importers[-1].parent / statement[2]).resolve()
        module = self.add(path, importers)
        for name in names:
            if (exported := name.split(" as ")[0]) not in module.exports:
                raise ScriptError(
                    f"{self._name(path)} does not export {exported}, which {self._name(importers[-1])} imports."
                )
        return f"const {{ {', '.join(name.replace(' as ', ': ') for name in names)} }} = {module.variable};"

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)
