"""What the live tests share: gateways, what watches them, and the faults they suffer, all at once."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
