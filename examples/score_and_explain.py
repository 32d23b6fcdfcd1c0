"""Score a folder, keep intervals beside scores, and draw why; for engineers.

``python examples/score_and_explain.py [BUNDLE FOLDER PICTURE]``, after ``make demo``.
"""

import sys

import pandas as pd

import trifold


def main(bundle: str, folder: str, picture: str) -> pd.DataFrame:
    model = trifold.load(bundle)
    scores = model.score(folder)
    people = scores.candidates
    for person, row in people[people["status"] != "scored"].iterrows():
        print(f"{person}: {row['status']}, {row['error_code']}")  # act on codes, not on texts
    target = model.targets[0]
    told = people.loc[people["status"] == "scored", [f"{target}_low", target, f"{target}_high"]]
    if len(told):
        why = scores.explain(told.index[0], target)
        print(why, why.strongest(3), sep="\n")
        why.plot(picture)
    return told


if __name__ == "__main__":
    words = sys.argv[1:] or ["demo/run", "data/new_interviews", "why.png"]
    print(main(*words))
