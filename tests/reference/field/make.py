# Writes the files beside this one: what other libraries answer, value and gradients, to inputs that are drawn here.
#   pip install torch pytorch-metric-learning==2.9.0 sentence-transformers==6.2.0 transformers==5.23.0 trl==1.16.0 lightly==1.6.0
#   python make.py
# Everything runs in float64, but for the cases marked float32: there the library itself narrows its scores.
import collections
import types

import torch
from lightly.loss import NegativeCosineSimilarity
from lightly.loss.hypersphere_loss import HypersphereLoss
from pytorch_metric_learning import losses as pml, miners, reducers
from sentence_transformers.cross_encoder import losses as cross
from sentence_transformers.sentence_transformer import losses as st
from transformers.generation import logits_process as warpers
from trl import GRPOTrainer
from trl.experimental.orpo import ORPOTrainer

from cases import case, files, leaf, write
from given_scores import Scores, ranked

torch.set_default_dtype(torch.float64)
draw = torch.Generator().manual_seed(7)
torch.manual_seed(7)  # for the weights that classes of the libraries make themselves


def normal(*shape):
    return torch.randn(*shape, generator=draw)


# pytorch-metric-learning
z, labels = leaf(normal(9, 5)), torch.tensor([0, 0, 1, 1, 1, 2, 2, 0, 2])
PML = "pytorch-metric-learning"
case(PML, "nca", "scale 1", {"scale": 1}, {"z": z, "labels": labels}, lambda: pml.NCALoss()(z, labels))
case(PML, "nca", "scale 4", {"scale": 4}, {"z": z, "labels": labels}, lambda: pml.NCALoss(softmax_scale=4)(z, labels))
proxy = pml.ProxyNCALoss(3, 5, softmax_scale=3)
case(PML, "proxy_nca", "scale 3", {"scale": 3}, {"z": z, "labels": labels, "proxies": proxy.proxies}, lambda: proxy(z, labels))
soft = pml.NormalizedSoftmaxLoss(3, 5, temperature=0.05)
case(PML, "normalized_softmax", "temperature 0.05", {"temperature": 0.05}, {"z": z, "labels": labels, "w": soft.W}, lambda: soft(z, labels))
case(PML, "nt_xent", "several positives", {"temperature": 0.2}, {"z": z, "labels": labels}, lambda: pml.NTXentLoss(0.2)(z, labels))
lone = torch.tensor([0, 0, 1, 1, 1, 2, 3, 0, 4])
hard = pml.TripletMarginLoss(margin=0.3, reducer=reducers.MeanReducer())
case(PML, "batch_hard", "singletons", {"margin": 0.3}, {"z": z, "labels": lone}, lambda: hard(z, lone, miners.BatchHardMiner()(z, lone)))

# sentence-transformers, bi-encoders
ST = "sentence-transformers"
q, d, n1, n2 = (leaf(normal(5, 4)) for _ in range(4))
every = ("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc")
for name, docs, options in (
        ("pairs", [d], {}), ("hard negatives are shared", [d, n1, n2], {}),
        ("both directions, one softmax each", [d], {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}),
        ("all directions", [d], {"directions": every}), ("all directions, hard negatives", [d, n1], {"directions": every}),
        ("hardness of the batch", [d, n1, n2], {"hardness_mode": "in_batch_negatives", "hardness_strength": 9}),
        ("hardness of hard negatives", [d, n1, n2], {"hardness_mode": "hard_negatives", "hardness_strength": 5}),
        ("hardness of all", [d, n1, n2], {"hardness_mode": "all_negatives", "hardness_strength": 5})):
    inputs = {"q": q, "d": d, **({"n1": n1} if len(docs) > 1 else {}), **({"n2": n2} if len(docs) > 2 else {})}
    params = {"scale": 20, "all": len(options.get("directions", ())) == 4, "per_direction": "partition_mode" in options,
              "hardness": options.get("hardness_mode", "none"), "strength": options.get("hardness_strength", 0)}
    case(ST, "mnrl", name, params, inputs,
         lambda: st.MultipleNegativesRankingLoss(None, scale=20.0, **options).compute_loss_from_embeddings([q, *docs], None))
teacher = normal(5, 3)
case(ST, "distill_kl", "temperature 2", {"temperature": 2}, {"q": q, "d": d, "n1": n1, "n2": n2, "teacher": teacher},
     lambda: st.DistillKLDivLoss(None, temperature=2.0).compute_loss_from_embeddings([q, d, n1, n2], teacher))
distances = st.BatchHardTripletLossDistanceFunction.eucledian_distance
case(ST, "batch_hard", "every row has a positive", {"margin": 1.5}, {"z": z, "labels": labels},
     lambda: st.BatchHardTripletLoss(None, distances, 1.5).batch_hard_triplet_loss(labels, z))
case(ST, "batch_hard", "singletons", {"margin": 1.5}, {"z": z, "labels": lone},
     lambda: st.BatchHardTripletLoss(None, distances, 1.5).batch_hard_triplet_loss(lone, z))


# sentence-transformers, cross-encoders
s, y = leaf(normal(3, 6)), torch.tensor([[0., 1, 0, 3, 0, 1], [2, 2, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0]])
schemes = {"ranknet": cross.NoWeightingScheme, "ndcg1": cross.NDCGLoss1Scheme, "ndcg2": cross.NDCGLoss2Scheme,
           "lambdarank": cross.LambdaRankScheme, "ndcg2pp": cross.NDCGLoss2PPScheme}
for scheme, of in schemes.items():
    for k in (None, 2):
        ranked("lambda", f"{scheme}, k {k}", {"scheme": scheme, "k": k or 0},
               lambda model: cross.LambdaLoss(model, of(), k=k), s, y)
ranked("lambda", "issue of one list", {"scheme": "lambdarank", "k": 2}, lambda model: cross.LambdaLoss(model, cross.LambdaRankScheme(), k=2),
       leaf(torch.tensor([[3., 2, 1]])), torch.tensor([[1., 0, 2]]))
ranked("lambda", "nothing relevant", {"scheme": "ndcg2pp", "k": 0}, lambda model: cross.LambdaLoss(model), s, torch.zeros(3, 6))
ranked("list_net", "graded", {}, lambda model: cross.ListNetLoss(model), s, y)
ranked("rank_net", "graded", {}, lambda model: cross.RankNetLoss(model), s, y)
pair_scores, pair_labels = leaf(normal(8)), torch.tensor([1., 0, 0, 1, 1, 0, 0, 0])
case(ST, "bce", "pairs", {}, {"scores": pair_scores, "labels": pair_labels},
     lambda: cross.BinaryCrossEntropyLoss(Scores(pair_scores))([["q"] * 8, ["d"] * 8], pair_labels), True)

# transformers: which tokens stay
TF = "transformers"
row = 2 * normal(1, 30)
typical = torch.tensor([[0.5, 0.25, 0.125, 0.0625, 0.0625]]).log()
for logits, what in ((row, "30 tokens"), (typical, "powers of two"), (torch.zeros(1, 4), "tied"), (torch.tensor([[1., 0, 0, -9]]), "tied behind one")):
    for rule, value, make in (("typical", 0.2, warpers.TypicalLogitsWarper), ("typical", 0.9, warpers.TypicalLogitsWarper),
                              ("epsilon", 0.3, warpers.EpsilonLogitsWarper), ("eta", 0.3, warpers.EtaLogitsWarper),
                              ("top_p", 0.9, warpers.TopPLogitsWarper), ("top_k", 2, warpers.TopKLogitsWarper), ("min_p", 0.3, warpers.MinPLogitsWarper)):
        for least in (1, 2, 3):
            if rule == "top_p" and what in ("tied", "powers of two"):
                continue  # which of the tied stay is the sort's affair
            if (rule == "min_p" or (rule == "typical" and what == "tied behind one")) and least > 1 and what.startswith("tied"):
                continue
            case(TF, "truncate", f"{rule} {value} of {what}, at least {least}", {"rule": rule, "value": value, "min_keep": least},
                 {"logits": logits}, lambda: {"keep": make(value, min_tokens_to_keep=least)(None, logits.clone()).isfinite().double()})

# TRL: a policy that answers with given log-probabilities
TRL = "trl"
logp, old = leaf(-normal(4, 6).abs()), -normal(4, 6).abs()
mask = torch.tensor([[1., 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 0]])
advantage = torch.tensor([1., -0.5, 0.7, -1.2])
for kind, level in (("dapo", "token"), ("bnpo", "token"), ("grpo", "token"), ("dr_grpo", "token"), ("grpo", "sequence")):
    def surrogate():
        trainer = object.__new__(GRPOTrainer)
        same = lambda x, **unused: x
        trainer.__dict__.update(
            loss_type=kind, importance_sampling_level=level, epsilon_low=0.2, epsilon_high=0.28, beta=0.0, max_completion_length=10,
            current_gradient_accumulation_steps=1, aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
            use_vllm=False, _entropy_bonus_enabled=False, _metrics={"train": collections.defaultdict(list)}, model=types.SimpleNamespace(training=True),
            args=types.SimpleNamespace(delta=None, steps_per_generation=1, use_bias_correction_kl=False),
            accelerator=types.SimpleNamespace(gather=same, reduce=same, num_processes=1),
            _get_per_token_logps_and_entropies=lambda *a, **k: (logp, torch.zeros_like(logp), None))
        ids = torch.zeros(4, 6, dtype=torch.long)
        return trainer._compute_loss(None, {"prompt_ids": ids[:, :1], "prompt_mask": mask[:, :1], "completion_ids": ids, "completion_mask": mask,
                                            "advantages": advantage, "old_per_token_logps": old, "num_items_in_batch": mask.sum()})
    case(TRL, "ppo_clip", f"{kind}, ratio of the {level}", {"kind": kind, "level": level, "low": 0.2, "high": 0.28, "longest": 10},
         {"logp": logp, "old": old, "mask": mask, "advantage": advantage}, surrogate)

lengths = {"chosen": [1, 4, 2], "rejected": [3, 2, 5]}
tokens = {side: [leaf(-normal(n).abs() - 0.1) for n in ns] for side, ns in lengths.items()}


def orpo():
    trainer = object.__new__(ORPOTrainer)
    trainer.__dict__.update(beta=0.1, is_encoder_decoder=False, padding_value=0, aux_loss_enabled=False,
                            accelerator=types.SimpleNamespace(device=torch.device("cpu"), gather_for_metrics=lambda x: x))
    width = 6

    def padded(side, fill):  # one token of prompt, then the answer: token 1 with the log-probability asked for
        return torch.tensor([[fill[0]] + [1] * n + [fill[1]] * (width - 1 - n) for n in lengths[side]])

    def model(*unused, **also):
        rows = []
        for p in tokens["chosen"] + tokens["rejected"]:
            p = torch.cat([p, torch.full((width - len(p),), -1.0)])
            rows.append(torch.stack([torch.log1p(-p.exp()), p], dim=1))
        return types.SimpleNamespace(logits=torch.stack(rows))

    batch = {}
    for side in lengths:
        batch |= {f"{side}_input_ids": padded(side, (0, 0)), f"{side}_labels": padded(side, (-100, -100)),
                  f"{side}_attention_mask": padded(side, (1, 0))}
    return trainer.get_batch_loss_metrics(model, batch)[0]


value = orpo()
grads = torch.autograd.grad(value, tokens["chosen"] + tokens["rejected"])
case(TRL, "orpo", "answers of several lengths", {"lambda": 0.1},
     {"chosen": torch.stack([p.sum() for p in tokens["chosen"]]).detach(), "rejected": torch.stack([p.sum() for p in tokens["rejected"]]).detach(),
      "length_chosen": torch.tensor(lengths["chosen"]), "length_rejected": torch.tensor(lengths["rejected"])},
     lambda: {"loss": value, "grad_chosen": torch.stack([g[0] for g in grads[:3]]), "grad_rejected": torch.stack([g[0] for g in grads[3:]])}, True)

# lightly, torch
x, w = leaf(normal(6, 4)), leaf(normal(6, 4))
case("lightly", "hypersphere", "t 1, alpha 2", {"t": 1, "lambda": 0.7, "alpha": 2}, {"x": x, "y": w}, lambda: HypersphereLoss(t=1.0, lam=0.7, alpha=2.0)(x, w))
case("lightly", "negative_cosine", "pairs", {}, {"x": x, "y": w}, lambda: NegativeCosineSimilarity()(x, w))
a, b = leaf(normal(7)), leaf(normal(7))
case("torch", "margin_ranking", "margin 0.4", {"margin": 0.4}, {"a": a, "b": b}, lambda: torch.nn.MarginRankingLoss(margin=0.4)(a, b, torch.ones(7)))

for package, cases in files.items():
    write(package, package, cases, rtol_float64=1e-9)
