"""What was measured, and questions to it. The figures of every round are kept; what is compared is
compared within a round, and the median of the rounds counts."""

import json
import statistics


class Results:
    def __init__(self, about):
        self.about = about  # date, machine, settings, peers
        self.rounds = {}  # (scenario, program) to the figures of each round
        self.problems = {}  # (scenario, program) to why there are none

    def add(self, scenario, program, figures):
        self.rounds.setdefault((scenario, program), []).append(figures)

    def has(self, scenario, program):
        return (scenario, program) in self.rounds

    def all(self, scenario, program, figure):
        return [figures[figure] for figures in self.rounds.get((scenario, program), []) if figure in figures]

    def median(self, scenario, program, figure):
        values = self.all(scenario, program, figure)
        return statistics.median(values) if values else None

    def sum(self, scenario, program, figure):
        return sum(self.all(scenario, program, figure))

    def ratio(self, figure, ours, theirs):
        """The median of the rounds' ratios of two (scenario, program)."""
        pairs = [(a, b) for a, b in zip(self.all(*ours, figure), self.all(*theirs, figure)) if b]
        return statistics.median(a / b for a, b in pairs) if pairs else None

    def errors(self, scenario, program):
        return self.sum(scenario, program, "wrong") + self.sum(scenario, program, "failed")

    def answers_rightly(self, scenario, program):
        return self.has(scenario, program) and self.errors(scenario, program) == 0

    def is_worth_repeating(self, scenario, program):
        """Not, when it did not work the first time."""
        return (scenario, program.name) not in self.problems and self.errors(scenario, program.name) == 0

    def save(self, path):
        """JSON with a line for each round, so that a change can be read."""
        lines = []
        for (scenario, program), rounds in self.rounds.items():
            figures = ",\n   ".join(json.dumps(one) for one in rounds)
            lines.append(f'  {{"scenario": {json.dumps(scenario)}, "program": {json.dumps(program)}, "rounds": [\n'
                         f"   {figures}]}}")
        problems = [{"scenario": scenario, "program": program, "problem": problem}
                    for (scenario, program), problem in self.problems.items()]
        head = json.dumps(self.about | {"problems": problems}, indent=1)[:-2]
        path.write_text(head + ',\n "results": [\n' + ",\n".join(lines) + "\n ]\n}\n")

    @classmethod
    def load(cls, path):
        data = json.loads(path.read_text())
        rows, problems = data.pop("results"), data.pop("problems")
        results = cls(data)
        results.rounds = {(row["scenario"], row["program"]): row["rounds"] for row in rows}
        results.problems = {(row["scenario"], row["program"]): row["problem"] for row in problems}
        return results
