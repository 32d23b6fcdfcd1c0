"""Draw judgements with known truth, make scores of them, and compare; for psychologists.

``python examples/judgements_to_scores.py``. Raters and clips are drawn; nobody in them exists.
"""

import pandas as pd

from trifold.paired_comparisons.analysis import analyse
from trifold.paired_comparisons.io.simulate import simulate
from trifold.paired_comparisons.io.tables import dimensions_table
from trifold.paired_comparisons.settings import AnalysisSettings


def main(per_clip: float = 14) -> pd.DataFrame:
    """A row per dimension: reliability, and the correlation with the truth.

    Args:
        per_clip: comparisons of each clip on each dimension.
    """
    made = simulate([20, 20, 20], per_clip=per_clip, seed=0, dimensions=("openness", "warmth"))
    found = analyse(made.data, AnalysisSettings(halves=2))
    table = dimensions_table(found)
    table["truth"] = [
        pd.Series(found.debiased.values[:, k]).corr(pd.Series(made.truth[:, k]))
        for k in range(len(made.data.dimensions))
    ]
    return table


if __name__ == "__main__":
    for per_clip in (3, 14):
        print(f"{per_clip} comparisons per clip\n{main(per_clip)}\n")
