"""Scores CSV files (header, last column a number) with the rrcf package: the second opinion on our forest.

    python3 -m venv /tmp/rrcf && /tmp/rrcf/bin/pip install -r requirements.txt
    /tmp/rrcf/bin/python score.py --out SCORES --trees 20 --size 256 --shingle 1 --sampling window FILE.csv ...

Writes SCORES/FILE.csv.txt with one number a data row: the mean co-displacement over the trees after the row's vector
was inserted; 0 while there is no vector yet. Sampling `window` is the package's own streaming recipe, every tree over
the last `size` vectors. `reservoir` keeps a sample of its own in each tree, with weights that decay by 1/decay a row:
a vector that the sample would not take is inserted, scored and forgotten again.
"""

import argparse
import heapq
import math
import os

import numpy as np
import rrcf


def vectors(path, shingle):
    with open(path) as file:
        next(file)
        values = [float(line.rsplit(",", 1)[1]) for line in file if line.strip()]
    return [None if i < shingle - 1 else np.array(values[i - shingle + 1 : i + 1]) for i in range(len(values))]


def score_tree(points, size, decay, sampling, seed, scores):
    rng = np.random.default_rng(seed)
    tree = rrcf.RCTree(random_state=seed)
    sample = []
    for i, point in enumerate(points):
        if point is None:
            continue
        key = float(i) if sampling == "window" else i / decay - math.log(-math.log(rng.random()))
        if sampling == "window" and len(sample) == size:
            tree.forget_point(heapq.heappop(sample)[1])
        tree.insert_point(point, index=i)
        scores[i] += tree.codisp(i)
        if len(sample) < size:
            heapq.heappush(sample, (key, i))
        elif key <= sample[0][0]:
            tree.forget_point(i)
        else:
            tree.forget_point(heapq.heapreplace(sample, (key, i))[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--trees", type=int, default=20)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--decay", type=float, default=100_000)
    parser.add_argument("--shingle", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sampling", choices=["window", "reservoir"], default="window")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for path in options.files:
        points = vectors(path, options.shingle)
        scores = np.zeros(len(points))
        for tree in range(options.trees):
            seed = options.seed * 1_000 + tree
            score_tree(points, options.size, options.decay, options.sampling, seed, scores)
        with open(os.path.join(options.out, os.path.basename(path) + ".txt"), "w") as file:
            file.writelines(f"{score / options.trees:.9g}\n" for score in scores)


if __name__ == "__main__":
    main()
