"""Stand-ins for what needs an account or cannot be had here: the APIs of GitHub, n8n and Grafana, as far as the tests go.

They prove that a service reaches its backend and tells its failures; they do not prove that the real ones answer like this.
"""
