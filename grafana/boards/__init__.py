"""The dashboards as code: panels.py and dashboard.py are the building blocks, queries.py the parts of queries they share, and
every other module one dashboard."""
