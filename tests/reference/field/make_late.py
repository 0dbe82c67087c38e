# Writes pylate.json beside this file: its scores and losses, with gradients of every token, on tokens that are drawn here.
#   pip install torch pylate==1.6.0
#   python make_late.py
# pylate pads: a masked token of a document counts as a product of 0. What is written are lists without padding, in which such a
# document ends in one row of zeros; masked tokens of queries score 0 and are left out.
import torch
from pylate import losses, scores

from cases import packed, write

torch.set_default_dtype(torch.float64)
draw = torch.Generator().manual_seed(11)
cases = []


class encoder(torch.nn.Module):
    """Gives back the embeddings that stand in for a text."""
    skiplist = [0]
    do_query_expansion = False

    def forward(self, features):
        return {"token_embeddings": features["embeddings"]}


def texts(n, longest, dim, full=False):
    """Padded token embeddings and their mask; at least one token each."""
    counts = torch.randint(1, longest + 1, (n,), generator=draw)
    if full:
        counts[:] = longest
    mask = torch.arange(longest)[None, :] < counts[:, None]
    return torch.randn(n, longest, dim, generator=draw).requires_grad_(), mask


def features(x, mask):
    return {"embeddings": x, "input_ids": mask.long(), "attention_mask": mask.long()}


def ragged(name, x, mask, documents):
    """Lists of the tokens that count, and the same rows of a gradient."""
    rows, offsets, keep = [], [0], []
    for i in range(len(x)):
        n = int(mask[i].sum())
        rows += x[i, :n].tolist()
        keep += [(i, t) for t in range(n)]
        padded = documents and n < x.shape[1]
        if padded:
            rows.append([0.0] * x.shape[2])
            keep.append(None)
        offsets.append(offsets[-1] + n + padded)
    shape = [len(rows), x.shape[2]]

    def gradient(g):
        return {"shape": shape, "data": [v for k in keep for v in (g[k].tolist() if k else [0.0] * shape[1])]}

    return {f"{name}_rows": {"shape": shape, "data": [v for r in rows for v in r]}, f"{name}_offsets": {"shape": [len(offsets)], "data": offsets}}, gradient


def case(name, params, q, d, inputs, loss):
    """q, d: (embeddings, mask), documents flat."""
    value = loss()
    grads = torch.autograd.grad(value, [q[0], d[0]])
    q_in, q_grad = ragged("queries", *q, False)
    d_in, d_grad = ragged("documents", d[0].reshape(-1, *d[0].shape[-2:]), d[1].reshape(-1, d[1].shape[-1]), True)
    flat = grads[1].reshape(-1, *d[0].shape[-2:])
    cases.append({"case": name, "params": params, "inputs": {**q_in, **d_in, **inputs},
                  "expected": {"loss": packed(value), "grad_queries": q_grad(grads[0]), "grad_documents": d_grad(flat)}})


for full in (True, False):
    for temperature in (1.0, 0.3):  # document j of group i stands at i * ways + j; the first is the positive
        ways = 2
        q, d = texts(4, 5, 6, full), texts(4 * ways, 7, 6, full)
        groups = [(d[0].reshape(4, ways, 7, 6)[:, j], d[1].reshape(4, ways, 7)[:, j]) for j in range(ways)]
        loss = losses.Contrastive(encoder(), temperature=temperature)
        case(f"contrastive: temperature {temperature}, {'equal' if full else 'unequal'} lengths", {"loss": "contrastive", "temperature": temperature, "ways": ways}, q, d, {},
             lambda: loss([features(*q), *[features(*g) for g in groups]]))
    for scaled in (True, False):
        ways = 3
        q, d = texts(4, 5, 6, full), texts(4 * ways, 7, 6, full)
        teacher = torch.randn(4, ways, generator=draw)
        loss = losses.Distillation(encoder(), normalize_scores=scaled)
        case(f"distillation: {'min-max' if scaled else 'plain'} scores, {'equal' if full else 'unequal'} lengths", {"loss": "distillation", "min_max": scaled, "ways": ways}, q, d,
             {"teacher": packed(teacher)}, lambda: loss([features(*q), features(*d)], teacher))
    q, d = texts(3, 4, 5, full), texts(6, 6, 5, full)
    s = scores.colbert_scores(q[0], d[0], q[1].double(), d[1].double())
    q_in, _ = ragged("queries", *q, False)
    d_in, _ = ragged("documents", *d, True)
    cases.append({"case": f"colbert_scores: {'equal' if full else 'unequal'} lengths", "params": {"loss": "scores"}, "inputs": {**q_in, **d_in}, "expected": {"scores": packed(s)}})

write("pylate", "pylate", cases)
