"""No text is given to Streamlit, or shown by a component, without being marked for translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tiefvision_ui

PACKAGE = Path(tiefvision_ui.__file__).parent
TRANSLATORS = {"_", "N_", "counted", "pgettext"}
SHOWN = {
    *("title", "header", "subheader", "caption", "markdown", "write", "text", "info", "warning", "error", "success"),
    *("toast", "button", "download_button", "link_button", "form_submit_button", "page_link", "checkbox", "toggle"),
    *("radio", "selectbox", "multiselect", "segmented_control", "pills", "slider", "select_slider", "text_input"),
    *("text_area", "number_input", "date_input", "file_uploader", "metric", "expander", "popover", "tabs", "dialog"),
    *("spinner", "status", "progress", "data_editor", "dataframe", "Page", "Column", "TextColumn", "NumberColumn"),
    *("ProgressColumn", "DatetimeColumn", "CheckboxColumn", "LinkColumn", "ImageColumn", "SelectboxColumn", "badge"),
    *("show_error", "plain", "choice", "Action", "Tile", "ShownMap", "Colours", "KnownColumn", "attempt", "feedback"),
}
"""Functions, by their last name, whose texts people read."""
OPTIONS_SHOWN = {"label", "help", "placeholder", "title", "body", "alt", "words", "note", "text", "caption", "detail"}
ALLOWED = {
    *("TiefVision", "SQL", "yes or no"),
    *("There is nothing to search yet.", "There is nothing to compare yet."),
    *("no space left", "out of memory", "cannot be reached", "does not answer", " asked for it in the app"),
    *("Parquet", "Runs"),
}
"""Names, a type of columns, errors in whose place pages show how to begin, and what stands in Dagster and in its runs'
errors."""
OF_THE_MACHINE = (
    *("http/api/", "http/images.py", "http/maps.py", "http/own_base.py", "asgi.py", "config.py", "__main__.py"),
    *("access/front.py", "access/guard.py", "access/login.py", "access/tokens.py", "access/ended.py"),
    *("components/source.py",),
)
"""What is read by programs, or by whoever starts the app: English."""
_SENTENCE = re.compile(r"^[A-Z“][\w’']* [a-z]+|[a-z]{2,},? [a-z]{2,} [a-z]{2,}|^[A-Z][a-z]+$")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_SIGNS = re.compile(
    r":material/\w+:|:(?:red|green|blue|orange|violet|gray|grey|primary|small)(?:-\w+)?\[|<[^>]*>|&\w+;|https?://\S+"
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if not name.startswith("language/"):
            yield name, ast.parse(file.read_text(encoding="utf-8"))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_logging(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and "log" in ast.unparse(node.func.value).lower()


def literals(node: ast.AST) -> Iterator[str]:
    """Texts in an expression that are shown as they stand: not those in calls, subscripts and comparisons."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from literals(part.value if isinstance(part, ast.FormattedValue) else part)
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.List | ast.Tuple | ast.Starred):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


def is_text(literal: str) -> bool:
    words = _LETTERS.search(_SIGNS.sub("", literal))
    return bool(words) and literal.strip() not in ALLOWED and not re.fullmatch(r"[a-z0-9_.\-/]+", literal)


def test_python_gives_streamlit_translated_texts_only() -> None:
    wrong = []
    for name, tree in modules():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or called(node) not in SHOWN or is_logging(node):
                continue
            shown = [*node.args, *(each.value for each in node.keywords if each.arg in OPTIONS_SHOWN)]
            wrong += [f"{name}:{node.lineno} {text!r}" for value in shown for text in literals(value) if is_text(text)]
    assert wrong == [], "mark these by _() or counted() of tiefvision_ui.language.texts"


def test_sentences_anywhere_in_the_app_are_marked() -> None:
    """Errors, notices and what functions return: a literal that reads like a sentence, wherever it stands."""
    wrong = []
    for name, tree in modules():
        if name.startswith(OF_THE_MACHINE):
            continue
        unread = {
            id(part)
            for node in ast.walk(tree)
            if (isinstance(node, ast.Call) and (called(node) in TRANSLATORS or is_logging(node)))
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            for part in ast.walk(node)
        }
        wrong += [
            f"{name}:{node.lineno} {node.value!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in unread
            and _SENTENCE.search(node.value)
            and node.value not in ALLOWED
            and not node.value.startswith("\nquery ")
        ]
    assert wrong == [], "mark these by _(), N_() or counted() of tiefvision_ui.language.texts"


def test_texts_are_translated_where_they_are_shown_and_are_literals() -> None:
    wrong = []
    for name, tree in modules():
        at_import = {
            id(call)
            for statement in ast.walk(tree)
            if isinstance(statement, ast.Module | ast.ClassDef)
            for part in statement.body
            if isinstance(part, ast.Assign | ast.AnnAssign | ast.Expr)
            for call in _outside_functions(part)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or called(node) not in TRANSLATORS:
                continue
            if id(node) in at_import and called(node) != "N_":
                wrong.append(f"{name}:{node.lineno} translates when it is imported; mark it by N_")
            if any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in node.args[:2]):
                wrong.append(f"{name}:{node.lineno} translates a text that is put together; name what varies in braces")
    assert wrong == []


def _outside_functions(node: ast.AST) -> Iterator[ast.Call]:
    if isinstance(node, ast.Lambda | ast.FunctionDef):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)


_JS_LITERAL = re.compile(r"""(?P<before>\bN?_\(\s*)?(?P<quote>["`])(?P<text>(?:[^"`\\\n]|\\.)*)(?P=quote)""")
_JS_KEYS = {"Enter", "Escape", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Tab", "Space", "Shift", "Esc"}
_JS_NAMES = re.compile(r"(?:Content-Type|Files|POST|GET|[A-Z][A-Z ()]*|Shift\+.*|(?:Shift|Alt) arrows|yes or no)")


def test_javascript_marks_what_it_shows() -> None:
    """A literal that begins with a capital, or has several words, is a text unless it is a key or a name."""
    wrong = []
    for file in sorted((PACKAGE / "components").rglob("*.js")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            code = line.split("//")[0] if not re.search(r'["`].*//.*["`]', line) else line
            for found in _JS_LITERAL.finditer(code):
                text = re.sub(r"\$\{[^}]*\}", "", found["text"])
                looks_shown = re.match(r"[A-Z][a-z]+(?: |$)", text) or re.search(r"[a-z]{2,} [a-z]{2,} [a-z]", text)
                if found["before"] or not looks_shown or text in _JS_KEYS or _JS_NAMES.fullmatch(text):
                    continue
                wrong.append(f"{file.relative_to(PACKAGE)}:{number} {found['text']!r}")
    assert wrong == [], 'mark these by _("…") of shared/texts.js'
