"""Recorded sessions: what a searcher, an annotator and an owner do in the app, in seconds, clicks and keys.

    python -m benchmarks.sessions DATA [searcher] [annotator] [owner] [drawing]
    python -m benchmarks.sessions DATA --label-studio http://127.0.0.1:8080 --user NAME --password WORD

DATA is a folder that `tiefvision demo` filled; a copy of it is worked on. A driver moves the mouse and presses the keys
of a real browser (Chromium, by Playwright), one after the other and without thinking. What it tells is how many actions
a task takes and how long the program lets one wait; how long people take to look and to decide it cannot tell.
`docs/sessions.md` has what it printed.
"""
