"""Studies: a folder for each research question, with its statistics, tables, figures and claim.

Each has a class that derives from ``experiment.study.Study`` and stands in the registry under the
kind ``study``. No other part imports a study by name: the next one is a folder beside these.
"""
