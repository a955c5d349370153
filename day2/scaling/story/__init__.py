"""A day of a node group on the engine: morning by the clock, a burst of alarms, the evening under running workspaces.

acts.py        what happens, on the deployed schedules, alarms, functions and state machine
timeline.py    what was seen meanwhile, many times a second
page.py        the timeline as a picture
"""
