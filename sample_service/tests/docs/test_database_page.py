"""``docs/database.md`` is compared with a database that was migrated."""

from __future__ import annotations

from collections import defaultdict

import psycopg

from fraud_score.migrate import configuration
from tests.docs.pages import codes, page
