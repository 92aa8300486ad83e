"""The GitHub service for two users, each with a token of its own."""
import json
import secrets

from backends import HERE, PATIENCE, Web
from clients import HttpClient
from gateway_under_test import Gateway
from nine import SERVER_OF_GITHUB
from stand_ins import apis

USERS = ("ann", "bob")


def search(client):
    found = json.loads(client.text("search_repositories", {"query": "mcp", "perPage": 1}))
    return [repository["full_name"] for repository in found["items"]]


def test_each_user_sees_what_its_own_token_shows(tmp_path):
    tokens = {user: secrets.token_hex(16) for user in USERS}
    for user, token in tokens.items():
        (tmp_path / user).write_text(token)
    with Web(apis.github({token: f"{user}/private" for user, token in tokens.items()})) as api:
        node = SERVER_OF_GITHUB.parents[3] / ".bin" / "node"
        service = {"command": str(node), "args": ["--require", str(HERE / "stand_ins" / "github.cjs"), str(SERVER_OF_GITHUB)],
                   "env": {"GITHUB_STAND_IN": api.url}, "isolation": "affinity",
                   "owner_env": {"GITHUB_PERSONAL_ACCESS_TOKEN": {"file": f"{tmp_path}/{{principal}}"}}}
        auth = {"tokens": [{"name": user, "token": f"gateway-token-of-{user}"} for user in USERS]}
        gateway = Gateway({"github": service}, {"auth": auth}, wait_for=())
        clients = [HttpClient(gateway.port, "/github", headers={"Authorization": f"Bearer gateway-token-of-{user}"})
                   for user in USERS]
        for client in clients:
            client.patience = PATIENCE
            client.initialize()
        for _ in range(3):  # in turns
            assert [search(client) for client in clients] == [["ann/private"], ["bob/private"]]
        for client in clients:
            client.close()
        gateway.stop()
