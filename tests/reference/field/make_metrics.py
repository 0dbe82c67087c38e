# Writes pytrec_eval.json, ranx.json and accuracy_calculator.json beside this file: what metrics of other libraries answer, query by query,
# to rankings and judgements that are drawn here.
#   pip install pytrec_eval-terrier==0.5.11 ranx==0.3.21 pytorch-metric-learning==2.9.0
#   python make_metrics.py
import random

import numpy
import pytrec_eval
import ranx
import torch
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

import cases

draw = random.Random(11)
CUTS = (1, 3, 10, 100)


def rows(lists):
    offsets = [0]
    for row in lists:
        offsets.append(offsets[-1] + len(row))
    return {"shape": [len(offsets)], "data": offsets}, {"shape": [offsets[-1]], "data": [x for row in lists for x in row]}


def drawn(queries, documents, grades, distinct):
    """Judgements {document: grade} and scored lists [(document, score)] of each query; ties unless `distinct`."""
    judged, ranked = [], []
    for q in range(queries):
        known = draw.sample(range(documents), draw.randint(1, documents // 2))
        judged.append({d: draw.choice(grades) for d in known} if q else {d: 0 for d in known})  # query 0: nothing is relevant
        some = draw.sample(range(documents), draw.randint(1, documents))
        scores = draw.sample(range(4 * documents), len(some)) if distinct else [draw.randint(0, 9) for _ in some]
        ranked.append([(d, s / 8) for d, s in zip(some, scores)])
    return judged, ranked


def inputs(judged, ranked):
    offsets, ids = rows([list(j) for j in judged])
    found_offsets, found = rows([[d for d, _ in r] for r in ranked])
    return {"judged_offsets": offsets, "judged": ids, "grades": rows([list(j.values()) for j in judged])[1],
            "found_offsets": found_offsets, "found": found, "scores": rows([[s for _, s in r] for r in ranked])[1]}


def name(d):
    return f"{9999 - d}"  # trec_eval puts the later name first among equal scores: here the lower id


def trec(case, level, removed, grades, queries=12, documents=30):
    judged, ranked = drawn(queries, documents, grades, distinct=False)
    at = ",".join(map(str, CUTS))
    wanted = {"map", "recip_rank", "ndcg", "Rprec"} | {f"{m}.{at}" for m in ("map_cut", "ndcg_cut", "P", "recall", "success")}
    answers = pytrec_eval.RelevanceEvaluator(
        {str(q): {name(d): g for d, g in j.items()} for q, j in enumerate(judged)}, wanted, relevance_level=level,
        judged_docs_only_flag=removed).evaluate({str(q): {name(d): s for d, s in r} for q, r in enumerate(ranked)})
    expected = {m: [answers[str(q)][m] for q in range(queries)] for m in answers["0"]}
    return {"case": case, "params": {"relevant_from": level, "removed": removed, "cuts": CUTS}, "inputs": inputs(judged, ranked),
            "expected": {m: {"shape": [queries], "data": x} for m, x in expected.items()}}


def by_ranx(case, level, grades, queries=12, documents=30):
    judged, ranked = drawn(queries, documents, grades, distinct=True)
    qrels = ranx.Qrels({str(q): {name(d): g for d, g in j.items()} for q, j in enumerate(judged)})
    run = ranx.Run({str(q): {name(d): s for d, s in r} for q, r in enumerate(ranked)})
    suffix = f"-l{level}" if level > 1 else ""
    expected = {}
    for m in ("recall", "precision", "hit_rate", "mrr", "map", "ndcg", "ndcg_burges", "r-precision"):
        if level > 1 and m.startswith("ndcg"):
            continue  # ranx takes grades below the level for 0 there
        for cut in [""] if m == "r-precision" else [f"@{k}" for k in CUTS]:
            ranx.evaluate(qrels, run, m + cut + suffix)
            scores = run.scores[m + cut + suffix]
            expected[m + cut] = [float(scores[str(q)]) for q in range(queries)]
    return {"case": case, "params": {"relevant_from": level, "removed": False, "cuts": CUTS}, "inputs": inputs(judged, ranked),
            "expected": {m: {"shape": [queries], "data": x} for m, x in expected.items()}}


def map_at_r():
    """Embeddings whose nearest neighbours of the same label are relevant; the library means over queries."""
    generator = numpy.random.default_rng(5)
    x, labels = generator.standard_normal((24, 6)).astype(numpy.float32), numpy.repeat(numpy.arange(4), 6)
    x = x / numpy.linalg.norm(x, axis=1, keepdims=True)
    wanted = ("mean_average_precision_at_r", "r_precision", "precision_at_1")
    r = AccuracyCalculator(include=wanted, k="max_bin_count", device=torch.device("cpu")).get_accuracy(torch.tensor(x), torch.tensor(labels))
    scores = x @ x.T
    numpy.fill_diagonal(scores, -9)
    order = [[int(j) for j in numpy.argsort(-scores[i], kind="stable") if j != i] for i in range(len(x))]
    ranked = [[(d, 1 - place / 64) for place, d in enumerate(row)] for row in order]
    judged = [{int(d): 1 for d in range(len(x)) if d != i and labels[d] == labels[i]} for i in range(len(x))]
    return {"case": "neighbours of one label", "params": {"relevant_from": 1, "removed": False, "cuts": CUTS},
            "inputs": inputs(judged, ranked), "expected": {m: float(r[m]) for m in wanted}}


def write(package, of, rows):
    cases.write(package, package, rows, rtol_float32=1e-12, version_of=of, separators=(",", ":"))


write("pytrec_eval", "pytrec_eval-terrier", [
    trec("binary, ties", 1, False, (0, 1)), trec("graded, ties", 1, False, (0, 0, 1, 2, 3)),
    trec("graded, some below 0", 1, False, (-2, 0, 1, 4)), trec("relevant from 2", 2, False, (0, 1, 2, 3)),
    trec("without judgement removed", 1, True, (0, 0, 1, 2)), trec("long", 1, False, (0, 0, 0, 1, 2), queries=3, documents=300)])
write("ranx", "ranx", [by_ranx("binary", 1, (0, 1)), by_ranx("graded", 1, (0, 0, 1, 2, 5)), by_ranx("relevant from 2", 2, (0, 1, 2, 3))])
write("accuracy_calculator", "pytorch-metric-learning", [map_at_r()])
