# Writes rank_bm25.json and bm25s.json beside this file: scores and rankings of random documents of term ids.
#   pip install rank_bm25==0.2.2 bm25s==0.3.16
#   python make_bm25.py
import random

import bm25s
import numpy
import rank_bm25

from cases import files, write

draw = random.Random(5)


def texts(n, terms, longest):
    """Lists of term ids, small ids often; some documents are empty."""
    return [[min(draw.randrange(terms), draw.randrange(terms)) for _ in range(draw.randrange(longest + 1))] for _ in range(n)]


def ragged(name, lists):
    offsets = [0]
    for x in lists:
        offsets.append(offsets[-1] + len(x))
    values = [t for x in lists for t in x]
    return {f"{name}_offsets": {"shape": [len(offsets)], "data": offsets}, f"{name}_values": {"shape": [len(values)], "data": values}}


def case(package, name, params, documents, queries, scores):
    scores = numpy.asarray(scores, dtype=numpy.float64)
    files[package].append({
        "case": name, "params": params, "inputs": {**ragged("documents", documents), **ragged("queries", queries)},
        "expected": {"scores": {"shape": list(scores.shape), "data": scores.flatten().tolist()}}})


for n, terms, longest, k1, b in [(12, 30, 9, 1.5, 0.75), (40, 60, 25, 0.9, 0.4), (25, 200, 40, 1.2, 1.0), (30, 15, 12, 2.0, 0.0)]:
    documents, queries = texts(n, terms, longest), texts(6, terms + 2, 5)
    kept = [d or [0] for d in documents]
    for variant, index, more in [
            ("robertson", rank_bm25.BM25Okapi(kept, k1=k1, b=b, epsilon=0.25), {"epsilon": 0.25}),
            ("plus", rank_bm25.BM25Plus(kept, k1=k1, b=b, delta=1), {"delta": 1})]:
        if variant == "robertson" and index.average_idf < 0:
            continue  # its floor is negative then
        case("rank_bm25", f"{variant}: {n} documents", {"variant": variant, "k1": k1, "b": b, **more}, kept, queries,
             [index.get_scores(q) for q in queries])
    for method, variant, factor in [("lucene", "lucene", k1 + 1), ("robertson", "robertson", k1 + 1), ("atire", "atire", 1), ("bm25l", "l", 1),
                                    ("bm25+", "plus", 1)]:
        index = bm25s.BM25(method=method, k1=k1, b=b, delta=0.5, dtype="float64")
        seen = sorted({t for d in documents for t in d})
        number = {t: i for i, t in enumerate(seen)}  # its vocabulary has no gaps
        index.index((([[number[t] for t in d] for d in documents]), {str(i): i for i in range(len(seen))}), show_progress=False, create_empty_token=False)
        known = [[number[t] for t in q if t in number] for q in queries]
        rows = [factor * index.get_scores_from_ids(q) if q else numpy.zeros(n) for q in known]
        case("bm25s", f"{method}: {n} documents", {"variant": variant, "k1": k1, "b": b, "delta": 0.5}, documents, queries, rows)

for package, cases in files.items():
    write(package, package, cases, rtol_float32=1e-12)
