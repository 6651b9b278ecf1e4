"""The evidence report: one HTML file, made from a bundle alone, that opens offline and prints."""

from econsim_mesa.evidence.report.page import REPORT, report_text

__all__ = ["REPORT", "report_text"]
