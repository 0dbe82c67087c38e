# Writes the metric_*.json beside this file: what libraries of metric learning and retrieval answer, value and gradients.
#   pip install torch pytorch-metric-learning==2.9.0 sentence-transformers==6.2.0 lightly==1.6.0
#   python make_metric.py
# Everything runs in float64, but for the cases marked float32: there the library itself narrows its scores.
import collections
import importlib.metadata
import json
import pathlib

import torch
from pytorch_metric_learning import distances, losses as pml, miners
from sentence_transformers.cross_encoder import CrossEncoder, losses as cross
from sentence_transformers.sentence_transformer import losses as st
import lightly.loss as li

torch.set_default_dtype(torch.float64)
draw = torch.Generator().manual_seed(11)
torch.manual_seed(11)  # for the weights that classes of the libraries make themselves
files = collections.defaultdict(list)
PML, ST, LI = "pytorch-metric-learning", "sentence-transformers", "lightly"
short = {PML: "metric_pml", ST: "metric_st", LI: "metric_lightly"}


def normal(*shape):
    return torch.randn(*shape, generator=draw)


def leaf(x):
    return x.clone().requires_grad_()


def packed(x):
    return {"shape": list(x.shape), "data": x.detach().double().flatten().tolist()} if torch.is_tensor(x) else x


def case(package, loss, name, params, inputs, value, inexact=False):
    """value() is a scalar; its gradients for the inputs that ask for one."""
    wanted = {k: v for k, v in inputs.items() if v.requires_grad}
    out = value()
    grads = torch.autograd.grad(out, list(wanted.values()))
    expected = {"loss": out, **{"grad_" + k: g for k, g in zip(wanted, grads)}}
    files[package].append({
        "case": f"{loss}: {name}", "params": {"loss": loss, "float32": inexact, **params},
        "inputs": {k: packed(v) for k, v in inputs.items()}, "expected": {k: packed(v) for k, v in expected.items()}})


# pairs with labels
x, y = leaf(normal(7, 6)), leaf(normal(7, 6))
odd_x, odd_y = leaf(normal(5, 3)), leaf(normal(5, 3))
rated = torch.tensor([0.25, 1, 0.5, 0, 0.5, 0.75, 0.25])
binary = torch.tensor([1.0, 0, 0, 1, 1, 0, 1])
case(ST, "cosent", "rated pairs", {"temperature": 0.05}, {"x": x, "y": y, "labels": rated},
     lambda: st.CoSENTLoss(None).compute_loss_from_embeddings([x, y], rated))
case(ST, "cosent", "scale 3", {"temperature": 1 / 3}, {"x": x, "y": y, "labels": binary},
     lambda: st.CoSENTLoss(None, scale=3.0).compute_loss_from_embeddings([x, y], binary))
case(ST, "cosent", "one label", {"temperature": 0.05}, {"x": x, "y": y, "labels": torch.ones(7)},
     lambda: st.CoSENTLoss(None).compute_loss_from_embeddings([x, y], torch.ones(7)))
case(ST, "angle", "rated pairs", {"temperature": 0.05}, {"x": x, "y": y, "labels": rated},
     lambda: st.AnglELoss(None).compute_loss_from_embeddings([x, y], rated))
case(ST, "angle", "rows of odd length", {"temperature": 0.2}, {"x": odd_x, "y": odd_y, "labels": rated[:5]},
     lambda: st.AnglELoss(None, scale=5.0).compute_loss_from_embeddings([odd_x, odd_y], rated[:5]))
for margin in (0.5, 1.4):
    for labels, kind in ((binary, "0 and 1"), (rated, "weights")):
        case(ST, "contrastive", f"{kind}, margin {margin}", {"margin": margin}, {"x": x, "y": y, "labels": labels},
             lambda: st.ContrastiveLoss(None, margin=margin).compute_loss_from_embeddings([x, y], labels))
    for labels, kind in ((binary, "0 and 1"), (torch.ones(7), "all 1"), (torch.zeros(7), "all 0")):
        case(ST, "online_contrastive", f"{kind}, margin {margin}", {"margin": margin}, {"x": x, "y": y, "labels": labels},
             lambda: st.OnlineContrastiveLoss(None, margin=margin).compute_loss_from_embeddings([x, y], labels))
case(ST, "cosine_mse", "rated pairs", {}, {"x": x, "y": y, "labels": rated},
     lambda: st.CosineSimilarityLoss(None).compute_loss_from_embeddings([x, y], rated))
for metric in ("mse", "l2", "cosine"):
    case(ST, "embed_distill", metric, {"metric": metric}, {"x": x, "teacher": y.detach()},
         lambda: st.EmbedDistillLoss(None, metric).compute_loss_from_embeddings([x], [y.detach()]))


# lists: a cross-encoder that answers with given scores
class Scores(CrossEncoder):
    num_labels, device = 1, torch.device("cpu")

    def __init__(self, scores):
        torch.nn.Module.__init__(self)
        self.scores, self.at = scores.flatten(), 0

    def preprocess(self, pairs, **unused):
        self.at += len(pairs)
        return {"first": torch.tensor(self.at - len(pairs)), "count": torch.tensor(len(pairs))}

    def forward(self, tokens):
        return {"scores": self.scores[tokens["first"]: tokens["first"] + tokens["count"]]}


def ranked(loss, name, params, make, scores, labels):
    queries, docs = ["q"] * len(scores), [["d"] * len(row) for row in scores]

    def narrowed():  # these losses make float32 of the scores
        torch.set_default_dtype(torch.float32)
        value = make(Scores(scores))([queries, docs], list(labels))
        torch.set_default_dtype(torch.float64)
        return value
    case(ST, loss, name, params, {"scores": scores, "labels": labels}, narrowed, True)


s, grades = leaf(normal(3, 6)), torch.tensor([[0.0, 1, 2, 3, 4, 5], [2, 5, 0, 3, 1, 4], [0, 3, 2, 1, 5, 4]])
for aware in (False, True):
    for given in (True, False):
        make = cross.PListMLELoss if aware else cross.ListMLELoss
        ranked("list_mle", f"{make.__name__}, {'columns' if given else 'labels'} are the order", {"aware": aware, "given": given},
               lambda model: make(model, respect_input_order=given), s, grades)
logits, soft = leaf(normal(8)), torch.rand(8, generator=draw)
for weight in (None, 2.5):
    case(ST, "bce", f"soft labels, weight {weight}", {"weight": weight or 1}, {"scores": logits, "labels": soft},
         lambda: cross.BinaryCrossEntropyLoss(Scores(logits), pos_weight=weight and torch.tensor(weight))([["q"] * 8, ["d"] * 8], soft), True)

# average precision
z, blocks = leaf(normal(9, 5)), torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
mixed = torch.tensor([0, 0, 1, 1, 1, 2, 2, 0, 3])
for t in (0.01, 0.3):
    case(PML, "smooth_ap", f"temperature {t}", {"temperature": t}, {"z": z, "labels": blocks}, lambda: pml.SmoothAPLoss(temperature=t)(z, blocks))
for bins in (10, 3):
    case(PML, "fast_ap", f"{bins} bins", {"bins": bins}, {"z": z, "labels": mixed}, lambda: pml.FastAPLoss(num_bins=bins)(z, mixed))

here = pathlib.Path(__file__).parent
for package, cases in files.items():
    head = {"package": package, "version": importlib.metadata.version(package), "script": "make_metric.py",
            "rtol_float64": 1e-12, "rtol_float32": 2e-5, "floor": 1e-2}
    rows = ",\n".join(json.dumps(c) for c in cases)
    (here / f"{short[package]}.json").write_text(json.dumps(head)[:-1] + ', "cases": [\n' + rows + "\n]}\n")
    print(package, len(cases))
