"""A rule that is a little wrong is noticed."""
import mutations


def test_every_spoilt_rule_fails_a_test(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mutations.py"])
    assert mutations.main() == 0, capsys.readouterr().out
