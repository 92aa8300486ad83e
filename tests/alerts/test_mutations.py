"""A rule that is a little wrong is noticed. Every fifth way to be wrong; `mutations.py` tries them all."""
import mutations


def test_every_fifth_spoilt_rule_fails_a_test(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mutations.py", "--every", "5"])
    assert mutations.main() == 0, capsys.readouterr().out
