"""Runs code that a model wrote, inside its interpreter, and makes text and pictures of what it gives."""

import ast
import asyncio
import base64
import builtins
import io
import json
import linecache
import sys
import time
import traceback
from inspect import CO_COROUTINE

MOST_ROWS = 50
MOST_COLUMNS = 30
LONGEST_CELL = 200
LONGEST_REPR = 20_000
END_S = 0.5  # that tasks of a call have to end when they are cancelled

INSTALL = (
    "This runtime has no such package. Where the program allows the hosts of Python's package index (allowed_hosts), this installs it: "
    "import micropip; await micropip.install(name)"
)

show = print  # of JSON text, {type: "text", text} or {type: "image", data}; the worker puts its own in the place
_count = 0
_namespace = {"__name__": "__main__", "__builtins__": builtins}


async def run(source):
    """JSON: {error, memory, alive}. Names stay from one call to the next. alive: a task goes on although it was cancelled."""
    global _count
    _count += 1
    answer = {"error": None, "memory": False, "alive": False}
    file = f"<code {_count}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    try:
        display(await _evaluate(source, file))
        _take_figures()
    except MemoryError as error:
        error.__traceback__ = None
        answer |= {"error": "MemoryError", "memory": True}
    except BaseException as error:
        answer["error"] = _describe(error, file)
    answer["alive"] = not await _end_tasks()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return json.dumps(answer)


async def _end_tasks():
    """Cancels whatever the code left running. Whether all of it ended."""
    for _ in range(2):
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=END_S)
    return not asyncio.all_tasks() - {asyncio.current_task()}


def end():
    """What was scheduled up to now is not called any more."""
    global _scheduled
    _scheduled += 1


def _schedule(delay, callback, *args, context=None):
    scheduled = _scheduled

    def call(*args):
        if scheduled == _scheduled:
            callback(*args)

    return _call_later(delay, call, *args, context=context)


_scheduled = 0
_loop = asyncio.get_event_loop()
_call_later = _loop.call_later
_loop.call_later = _schedule  # which all other ways to schedule something go through


def _sleep(seconds):
    """Waits as it does elsewhere, while nothing else of this interpreter goes on. Pyodide's own needs a browser with JSPI, and an interpreter
    that was started in it."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


time.sleep = _sleep


async def _evaluate(source, file):
    """The value of the last expression, None where there is none."""
    tree = ast.parse(source, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    await _run(compile(tree, file, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
    if last is None:
        return None
    return await _run(compile(ast.Expression(last.value), file, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))


async def _run(code):
    value = eval(code, _namespace)
    return await value if code.co_flags & CO_COROUTINE else value


def display(value):
    """Shows a value beside the last one: a picture, a table, or its repr."""
    if value is None:
        return
    for kind, make in (("image", _picture), ("text", _table)):
        try:
            made = make(value)
        except Exception:
            made = None
        if made:
            return _show(kind, **({"data": base64.b64encode(made).decode()} if kind == "image" else {"text": made}))
    text = repr(value)
    _show("text", text=text if len(text) <= LONGEST_REPR else f"{text[:LONGEST_REPR]} [cut]")


def _show(kind, **what):
    """At once, after what was printed before it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    show(json.dumps({"type": kind, **what}))


_namespace["display"] = display


def _picture(value):
    """PNG of what can be drawn."""
    data = io.BytesIO()
    if hasattr(value, "_repr_png_"):
        return value._repr_png_()
    if hasattr(value, "savefig"):
        value.savefig(data, format="png")
    elif type(value).__module__.startswith("PIL."):
        value.save(data, format="png")
    return data.getvalue()


def _take_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for number in pyplot.get_fignums():
        display(pyplot.figure(number))
    pyplot.close("all")


def _table(value):
    """Markdown of a frame or of a list of dicts."""
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        names = ["", *value.columns]
        rows = [list(row) for row in value.head(MOST_ROWS).itertuples()]
        count = len(value)
    elif isinstance(value, list) and value and all(isinstance(row, dict) and row for row in value):
        names = list(dict.fromkeys(name for row in value for name in row))
        rows = [[row.get(name, "") for name in names] for row in value[:MOST_ROWS]]
        count = len(value)
    else:
        return None
    lines = [_line(names[:MOST_COLUMNS]), _line(["---"] * min(len(names), MOST_COLUMNS)), *(_line(row[:MOST_COLUMNS]) for row in rows)]
    cut = [f"[{count} rows, {len(names)} columns; the rest is not shown]"] if count > MOST_ROWS or len(names) > MOST_COLUMNS else []
    return "\n".join([*lines, *cut])


def _line(cells):
    return "| " + " | ".join(str(cell)[:LONGEST_CELL].replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _describe(error, file):
    """The traceback from the code on, without the frames that run it."""
    at = error.__traceback__
    while at and not at.tb_frame.f_code.co_filename.startswith("<code "):
        at = at.tb_next
    text = "".join(traceback.format_exception(type(error), error, at)).rstrip()
    if isinstance(error, ModuleNotFoundError):
        text += f"\n{INSTALL}"
    return text
