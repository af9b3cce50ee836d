"""A readiness report in the forms that ``handbook check`` prints.

Text, JSON, Markdown and SARIF; and a badge.
"""

from handbook.render.reports.badge import badge
from handbook.render.reports.machine import as_json
from handbook.render.reports.markdown import as_markdown
from handbook.render.reports.sarif import as_sarif
from handbook.render.reports.text import as_text, explain

__all__ = ["as_json", "as_markdown", "as_sarif", "as_text", "badge", "explain"]
