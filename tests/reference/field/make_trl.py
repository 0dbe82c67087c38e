# Writes trl_preferences.json and trl_policies.json beside this file: what TRL's trainers answer, value and gradients.
#   pip install torch trl==1.16.0
#   python make_trl.py
# Everything runs in float64, but for the alpha divergence: the trainer itself takes it in float32 alone.
import collections
import types

import torch
from trl import DPOTrainer, GRPOTrainer
from trl.experimental.cpo import CPOTrainer

import cases
from cases import files, packed

torch.set_default_dtype(torch.float64)
draw = torch.Generator().manual_seed(11)
same = lambda x, **unused: x
accelerator = types.SimpleNamespace(device=torch.device("cpu"), gather=same, gather_for_metrics=same, reduce=same, num_processes=1)


def numbers(*shape, scale=1.0):  # few digits, so that the files stay small
    return (torch.randn(*shape, generator=draw) * scale * 1000).round() / 1000


def write(file, name, params, inputs, expected, inexact=False):
    files[file].append({"case": name, "params": {"float32": inexact, **params}, "inputs": {k: packed(v) for k, v in inputs.items()},
                        "expected": {k: packed(v) for k, v in expected.items()}})


def trainer(of, **members):
    made = object.__new__(of)
    made.__dict__.update(accelerator=accelerator, model=types.SimpleNamespace(training=True), aux_loss_enabled=False,
                         _metrics={"train": collections.defaultdict(list)}, _total_train_tokens=0, _tp_size=1, **members)
    return made


# Preferences: a policy that answers with given log-probabilities. One token of prompt, then the answer.
lengths = {"chosen": torch.tensor([1, 4, 2, 5, 3]), "rejected": torch.tensor([3, 2, 5, 1, 4])}
B, width = 5, 5
on = torch.cat([torch.arange(width).expand(B, width) < n[:, None] for n in lengths.values()]).double()
tokens = -numbers(2 * B, width, scale=1.5).abs() * on
reference = {side: (tokens[half].sum(1) + numbers(B, scale=2)).clamp(max=-0.001)
             for side, half in (("chosen", slice(0, B)), ("rejected", slice(B, 2 * B)))}


def first_gradients(value, leaf):  # the number is the same for every token of an answer
    g = torch.autograd.grad(value, leaf)[0] * on.to(leaf.dtype)
    assert torch.allclose(g, g[:, :1] * on.to(leaf.dtype), rtol=1e-12 if leaf.dtype == torch.float64 else 1e-5)
    return {"grad_chosen": g[:B, 0], "grad_rejected": g[B:, 0]}


def sums(leaf, with_reference=True):
    s = leaf.detach().sum(1)
    extra = {"ref_" + k: v for k, v in reference.items()} if with_reference else {}
    return {"chosen": s[:B], "rejected": s[B:], **extra, **{"length_" + k: v for k, v in lengths.items()}}


def dpo(loss, beta=0.1, smoothing=0.0, divergence="reverse_kl", alpha=0.5, tau=0.05, dtype=torch.float64):
    leaf = tokens.to(dtype).requires_grad_()
    t = trainer(DPOTrainer, ld_alpha=None, precompute_ref_logps=True, f_divergence_type=divergence, f_alpha_divergence_coef=alpha,
                loss_types=[loss], loss_weights=[1.0], beta=beta, label_smoothing=smoothing, use_weighting=False,
                args=types.SimpleNamespace(discopop_tau=tau))
    flat = torch.zeros(2 * B, width)
    model = lambda **unused: types.SimpleNamespace(log_probs=leaf, entropy=flat, mean_logits=flat, is_top1=flat.bool(), log_sum_sq_probs=flat)
    value = t._compute_loss(model, {"input_ids": torch.zeros(2 * B, width + 1, dtype=torch.long), "attention_mask": torch.ones(2 * B, width + 1),
                                    "completion_mask": torch.cat([torch.zeros(2 * B, 1), on], 1).long(),
                                    **{f"ref_{side}_logps": ref.to(dtype) for side, ref in reference.items()}}, False)
    name = loss + (f", {divergence}" if divergence != "reverse_kl" else "") + f", beta {beta}" + (f", alpha {alpha}" if "alpha" in divergence else "")
    write("trl_preferences", name + (f", smoothing {smoothing}" if smoothing else "") + (f", tau {tau}" if loss == "discopop" else ""),
          {"loss": loss, "beta": beta, "smoothing": smoothing, "divergence": divergence, "alpha": alpha, "tau": tau},
          sums(leaf), {"loss": value, **first_gradients(value, leaf)}, dtype == torch.float32)


for beta in (0.1, 1.5):
    for loss in ("sigmoid", "hinge", "ipo", "sigmoid_norm", "nca_pair", "bco_pair", "sppo_hard", "apo_zero", "apo_down", "aot", "aot_unpaired", "sft"):
        dpo(loss, beta)
    for smoothing in (1e-3, 0.2):
        for loss in ("exo_pair", "robust", "aot", "aot_unpaired"):
            dpo(loss, beta, smoothing)
    for tau in (0.05, 0.7):
        dpo("discopop", beta, tau=tau)
for divergence in ("forward_kl", "js_divergence"):
    for loss in ("sigmoid", "hinge", "ipo", "sigmoid_norm", "exo_pair", "robust", "discopop"):
        dpo(loss, 0.3, 0.1, divergence)
for alpha in (0.0, 0.5, 1.0, 1.7):
    for loss in ("sigmoid", "sigmoid_norm", "exo_pair"):
        dpo(loss, 0.3, 0.1, "alpha_divergence", alpha, dtype=torch.float32)


def cpo(loss, alpha, beta, gamma, smoothing):  # of means per token for simpo and ipo, of sums for the others
    leaf = tokens.clone().requires_grad_()
    t = trainer(CPOTrainer, loss_type=loss, alpha=alpha, beta=beta, simpo_gamma=gamma, label_smoothing=smoothing)
    logps = leaf.sum(1) / (torch.cat(list(lengths.values())) if loss in ("simpo", "ipo") else 1)
    value = t.cpo_loss(logps[:B], logps[B:])[0].mean()
    write("trl_preferences", f"CPO {loss}, alpha {alpha}, beta {beta}, smoothing {smoothing}",
          {"loss": "cpo_" + loss, "alpha": alpha, "beta": beta, "gamma": gamma, "smoothing": smoothing},
          sums(leaf, False), {"loss": value, **first_gradients(value, leaf)})


for alpha in (0.25, -0.5, 1.5, 0.0):
    for beta in (2.0, 10.0):
        cpo("simpo", alpha, beta, 0.7, 0)
for loss in ("sigmoid", "hinge", "ipo"):
    cpo(loss, 0.0, 0.3, 0.0, 0.1 if loss == "sigmoid" else 0)


# Policies: three answers of at most five tokens.
n, T = 3, 5
mask = torch.tensor([[1., 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0]])
old, ref = -numbers(n, T).abs() - 0.001, -numbers(n, T).abs() - 0.001
near = (old + numbers(n, T, scale=0.5)).clamp(max=-0.001)
advantage = torch.tensor([1.25, -0.5, -2.0])


def grpo(kind, level="token", low=0.2, high=0.28, delta=None, beta=0.0, by_ratio=False, positive=1.0, negative=1.05):
    logp = near.clone().requires_grad_()
    t = trainer(GRPOTrainer, loss_type=kind, importance_sampling_level=level, epsilon_low=low, epsilon_high=high, beta=beta,
                max_completion_length=10, current_gradient_accumulation_steps=1, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
                use_vllm=False, _entropy_bonus_enabled=False,
                args=types.SimpleNamespace(delta=delta, steps_per_generation=1, use_bias_correction_kl=by_ratio, sapo_temperature_pos=positive,
                                           sapo_temperature_neg=negative, vespo_k_pos=2.0, vespo_lambda_pos=3.0, vespo_k_neg=3.0, vespo_lambda_neg=2.0),
                _get_per_token_logps_and_entropies=lambda *a, **k: (logp, torch.zeros_like(logp), None))
    ids = torch.zeros(n, T, dtype=torch.long)
    value = t._compute_loss(None, {"prompt_ids": ids[:, :1], "prompt_mask": mask[:, :1], "completion_ids": ids, "completion_mask": mask,
                                   "advantages": advantage, "old_per_token_logps": old, "ref_per_token_logps": ref, "num_items_in_batch": mask.sum()})
    name = f"{kind}, ratio of the {level}" + (f", at most {delta}" if delta else "") + (f", kl {beta}" if beta else "") + (" by ratio" if by_ratio else "")
    write("trl_policies", name, {"kind": kind, "level": level, "low": low, "high": high, "most": delta, "kl": beta, "by_ratio": by_ratio,
                                 "positive": positive, "negative": negative, "longest": 10},
          {"logp": logp, "old": old, "ref": ref, "mask": mask, "advantage": advantage},
          {"loss": value, "grad_logp": torch.autograd.grad(value, logp)[0]})


for level in ("token", "sequence"):
    for kind in ("grpo", "bnpo", "dr_grpo", "dapo", "luspo"):
        grpo(kind, level)
    grpo("grpo", level, delta=1.5)
    grpo("grpo", level, delta=1.1)  # in place of 1 + high
    grpo("dapo", level, beta=0.04)
    grpo("grpo", level, beta=0.3, delta=1.5, by_ratio=True)
    grpo("cispo", level, high=1.2)
    grpo("cispo", level, high=5.0, beta=0.1)
    grpo("sapo", level)
    grpo("sapo", level, positive=0.5, negative=2.0, beta=0.2, by_ratio=True)

grpo("vespo")
grpo("vespo", beta=0.1)

for file, all_of_it in files.items():
    cases.write(file, "trl", all_of_it, floor=1e-2)
