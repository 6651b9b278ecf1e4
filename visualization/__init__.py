"""The dashboard: a town live or from a finished run, in Solara.

``view`` says what can be shown, ``replay`` and ``live`` fetch it, ``components`` draw it (a
Python module each, and a Vue file beside it that draws in the browser), ``app`` puts them on one
page. It imports the package, never the other way. Within this folder imports are relative,
because it is checked as ``visualization`` and shipped as ``econsim_mesa.visualization``.
"""
