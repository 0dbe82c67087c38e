# Writes the metric_*.json beside this file: what libraries of metric learning and retrieval answer, value and gradients.
#   pip install torch pytorch-metric-learning==2.9.0 sentence-transformers==6.2.0 lightly==1.6.0
#   python make_metric.py
# Everything runs in float64, but for the cases marked float32: there the library itself narrows its scores.
import torch
from pytorch_metric_learning import distances, losses as pml
from sentence_transformers.cross_encoder import losses as cross
from sentence_transformers.sentence_transformer import losses as st
import lightly.loss as li

from cases import case, files, leaf, packed, write
from given_scores import Scores, ranked

torch.set_default_dtype(torch.float64)
draw = torch.Generator().manual_seed(11)
torch.manual_seed(11)  # for the weights that classes of the libraries make themselves
PML, ST, LI = "pytorch-metric-learning", "sentence-transformers", "lightly"
short = {PML: "metric_pml", ST: "metric_st", LI: "metric_lightly"}


def normal(*shape):
    return torch.randn(*shape, generator=draw)


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


# lists: a cross-encoder
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

# batches with labels and proxies
unit = torch.nn.functional.normalize


def named(*kinds):
    return {"euclidean": distances.LpDistance(), "cosine": distances.CosineSimilarity(), "squared": distances.LpDistance(power=2)}[kinds[0]]


for labels, kind in ((blocks, "blocks"), (mixed, "a class of one")):
    inputs = {"z": z, "labels": labels}
    for metric in ("euclidean", "cosine"):
        margins = {"neg": 0.9, "pos": 0.2} if metric == "euclidean" else {"neg": 0.3, "pos": 0.8}
        params = {"metric": metric, **margins}
        case(PML, "lifted", f"{metric}, {kind}", params, inputs,
             lambda: pml.LiftedStructureLoss(margins["neg"], margins["pos"], distance=named(metric))(z, labels))
        case(PML, "generalized_lifted", f"{metric}, {kind}", params, inputs,
             lambda: pml.GeneralizedLiftedStructureLoss(margins["neg"], margins["pos"], distance=named(metric))(z, labels))
    case(PML, "tuplet_margin", kind, {"degrees": 5.73, "scale": 64}, inputs, lambda: pml.TupletMarginLoss()(z, labels))
    case(PML, "tuplet_margin", f"{kind}, scale 4", {"degrees": 20, "scale": 4}, inputs, lambda: pml.TupletMarginLoss(20, 4)(z, labels))
    for degrees in (40, 25):  # on unit rows: the library leaves negatives at their length
        case(PML, "angular", f"{kind}, {degrees} degrees", {"degrees": degrees}, inputs, lambda: pml.AngularLoss(degrees)(unit(z), labels))
    for margins in ((0, 1), (0.5, 2.5)):
        for norm in (True, False):
            case(PML, "snr", f"{kind}, margins {margins}, {norm}", {"pos": margins[0], "neg": margins[1], "normalize": norm}, inputs,
                 lambda: pml.SignalToNoiseRatioContrastiveLoss(
                     pos_margin=margins[0], neg_margin=margins[1], distance=distances.SNRDistance(normalize_embeddings=norm))(z, labels))
    for margin in (0.5, 5):
        case(ST, "semi_hard", f"{kind}, margin {margin}", {"margin": margin}, inputs,
             lambda: st.BatchSemiHardTripletLoss(None, margin=margin).batch_semi_hard_triplet_loss(labels, z))
anchor = pml.ProxyAnchorLoss(5, 5)
case(PML, "proxy_anchor", "a class that is not in the batch", {"margin": 0.1, "alpha": 32}, {"z": z, "labels": mixed, "proxies": anchor.proxies},
     lambda: anchor(z, mixed))
mild = pml.ProxyAnchorLoss(3, 5, margin=0.3, alpha=4)
case(PML, "proxy_anchor", "alpha 4", {"margin": 0.3, "alpha": 4}, {"z": z, "labels": blocks, "proxies": mild.proxies}, lambda: mild(z, blocks))
for degrees, scale, each in ((28.6, 64, 3), (10, 8, 2)):
    arc = pml.SubCenterArcFaceLoss(num_classes=4, embedding_size=5, margin=degrees, scale=scale, sub_centers=each)
    case(PML, "sub_center_arcface", f"{each} centres", {"degrees": degrees, "scale": scale, "each": each},
         {"z": z, "labels": mixed, "w": arc.W}, lambda: arc(z, mixed))
for la, gamma, margin, each in ((20, 0.1, 0.01, 10), (5, 0.5, 0.2, 3)):
    soft_triple = pml.SoftTripleLoss(4, 5, centers_per_class=each, la=la, gamma=gamma, margin=margin)
    case(PML, "soft_triple", f"{each} centres", {"scale": la, "gamma": gamma, "margin": margin, "each": each},
         {"z": z, "labels": mixed, "w": soft_triple.fc}, lambda: soft_triple(z, mixed))

# pairs and views
for positive, negative in ((0.8, 0.3), (0.2, -0.2)):
    case(ST, "mega_batch_margin", f"margins {positive} and {negative}", {"pos": positive, "neg": negative}, {"x": x, "y": y},
         lambda: st.MegaBatchMarginLoss(None, positive, negative, use_mini_batched_version=False).calculate_loss([[x], [y]]))
narrow = leaf(normal(8, 3).abs())
for rows, kind in ((x, "random"), (narrow, "in one corner")):
    for mean, second in ((1, 1), (0.5, 0), (0, 2)):
        case(ST, "gor", f"{kind}, weights {mean} and {second}", {"mean": mean, "second": second}, {"x": rows},
             lambda: sum(st.GlobalOrthogonalRegularizationLoss(None, mean_weight=mean, second_moment_weight=second)
                         .compute_loss_from_embeddings([rows]).values()))
case(LI, "koleo", "eps 1e-8", {"eps": 1e-8}, {"x": x}, lambda: li.KoLeoLoss()(x))
case(LI, "koleo", "eps 0.01", {"eps": 0.01}, {"x": narrow}, lambda: li.KoLeoLoss(eps=0.01)(narrow))
for t, alpha, a0 in ((0.1, 0.5, 0), (0.3, 1, 0.2)):
    case(LI, "macl", f"temperature {t}", {"temperature": t, "alpha": alpha, "a_0": a0}, {"x": x, "y": y},
         lambda: li.macl_loss.MACLLoss(t, alpha, a0)(x, y))
flat = leaf(0.3 * normal(7, 6))
for other, kind in ((y, "wide"), (flat, "narrow")):
    case(LI, "vicreg", kind, {"invariance": 25, "variance": 25, "covariance": 1}, {"x": x, "y": other}, lambda: li.VICRegLoss()(x, other))
    case(LI, "barlow_twins", kind, {"lambda": 5e-3}, {"x": x, "y": other}, lambda: li.BarlowTwinsLoss()(x, other))
case(LI, "vicreg", "other weights", {"invariance": 3, "variance": 2, "covariance": 10}, {"x": x, "y": flat}, lambda: li.VICRegLoss(3, 2, 10)(x, flat))
case(LI, "barlow_twins", "lambda 0.3", {"lambda": 0.3}, {"x": x, "y": flat}, lambda: li.BarlowTwinsLoss(0.3)(x, flat))

# what came later: drawn after all of the above, which stays as it is
torch.Tensor.float = torch.Tensor.double  # some of these narrow their numbers themselves; here they stay as they are
lonely = torch.tensor([0, 0, 1, 1, 1, 2, 3, 0, 4])  # three classes of one
batches = ((blocks, "blocks"), (mixed, "a class of one"), (lonely, "three classes of one"))


def on_batch(loss, name, params, labels, make):
    case(PML, loss, name, params, {"z": z, "labels": labels}, lambda: make()(z, labels))


for labels, kind in batches:
    for margin, alpha, tp, tn, share in ((0.4, 1.2, 0, 10, 0.5), (0.7, 1.5, 3, 1, 0.2)):
        on_batch("ranked_list", f"{kind}, margin {margin}", {"margin": margin, "alpha": alpha, "tp": tp, "tn": tn, "share": share}, labels,
                 lambda: pml.RankedListLoss(margin=margin, Tn=tn, Tp=tp, alpha=alpha, imbalance=share))
for margin, scale in ((4, 1), (3, 2.5), (1, 1), (2, 8)):
    for make, name in ((pml.LargeMarginSoftmaxLoss, "large_margin_softmax"), (pml.SphereFaceLoss, "sphere_face")):
        soft = make(4, 5, margin=margin, scale=scale)
        case(PML, name, f"{margin} times the angle, scale {scale}", {"margin": margin, "scale": scale},
             {"z": z, "labels": mixed, "w": soft.W}, lambda: soft(z, mixed))
for labels, kind in batches:
    for eps in ((0.01, 0.01), (0.3, -0.2)):
        for metric in ("cosine", "euclidean"):
            on_batch("intra_pair_variance", f"{kind}, {metric}, eps {eps}", {"pos": eps[0], "neg": eps[1], "metric": metric}, labels,
                     lambda: pml.IntraPairVarianceLoss(*eps, distance=named(metric)))
    for bins in (100, 7):
        on_batch("histogram", f"{kind}, {bins} bins", {"bins": bins}, labels, lambda: pml.HistogramLoss(n_bins=bins))
other = leaf(normal(9, 5))


class Copied(distances.LpDistance):  # the library writes into this matrix, which torch then refuses to differentiate
    def compute_mat(self, *rows):
        return super().compute_mat(*rows).clone()


for bins, momentum in ((10, 0.01), (30, 0.2)):
    for labels, kind in ((blocks, "blocks"), (None, "pairs")):
        soft = pml.DynamicSoftMarginLoss(num_bins=bins, momentum=momentum, distance=Copied())
        for step, rows in enumerate((z, other)):
            inputs = {"z": rows, **({"labels": labels} if labels is not None else {"y": leaf(normal(9, 5))})}
            before = soft.hist_.detach().clone()
            case(PML, "dynamic_soft_margin", f"{kind}, {bins} bins, call {step + 1}", {"bins": bins, "momentum": momentum},
                 {**inputs, "before": before if step else before[:0]},
                 lambda: soft(rows, labels) if labels is not None else soft(rows, ref_emb=inputs["y"]))
            soft.hist_ = soft.hist_.detach()
            files[PML][-1]["expected"]["histogram"] = packed(soft.hist_)
for labels, kind in batches:
    for price in ("O", "Iu", "Ib", "Ds", "Dq"):
        on_batch("pnp", f"{kind}, {price}", {"price": price, "temperature": 0.05, "alpha": 1.5, "b": 3}, labels,
                 lambda: pml.PNPLoss(b=3, alpha=1.5, anneal=0.05, variant=price))
    on_batch("pnp", f"{kind}, as it comes", {"price": "O", "temperature": 0.01, "alpha": 1, "b": 2}, labels, pml.PNPLoss)
tied, flat_scores = torch.floor(grades / 2), leaf(normal(8))
uneven = [torch.tensor([0.5, 0.1, 0.1]), torch.tensor([2.0, 2, 0, 1]), torch.tensor([3.0])]
for alpha in (1, 4):
    case(ST, "adr_mse", f"alpha {alpha}", {"temperature": 1 / alpha}, {"scores": s, "labels": tied},
         lambda: cross.ADRMSELoss(Scores(s), alpha=alpha)([["q"] * 3, [["d"] * 6] * 3], list(tied)))
    case(ST, "adr_mse", f"lists of 3, 4 and 1, alpha {alpha}", {"temperature": 1 / alpha},
         {"scores": flat_scores, "labels": torch.cat(uneven), "lengths": torch.tensor([3, 4, 1])},
         lambda: cross.ADRMSELoss(Scores(flat_scores), alpha=alpha)([["q"] * 3, [["d"] * 3, ["d"] * 4, ["d"]]], uneven))
regions = [leaf(normal(4, 3, 5)) for _ in range(4)]
masks = [torch.tensor([[0, 1, 2], [4, 4, 1], [7, 3, 0], [1, 1, 1]]), torch.tensor([[2, 0, 0], [1, 5, 4], [2, 1, 4], [1, 1, 6]])]
for t in (0.1, 0.5):
    views = {"x0": regions[0], "x1": regions[1]}
    sets = {"masks0": masks[0].flatten(), "masks1": masks[1].flatten()}
    case(LI, "detcon_b", f"temperature {t}", {"temperature": t, "regions": 3}, {**views, "t0": regions[2], "t1": regions[3], **sets},
         lambda: li.detcon_loss.DetConBLoss(t, gather_distributed=False)(*regions, *masks))
    case(LI, "detcon_s", f"temperature {t}", {"temperature": t, "regions": 3}, {**views, **sets},
         lambda: li.detcon_loss.DetConSLoss(t, gather_distributed=False)(*regions[:2], *masks))
for context, alpha, margin in ((1, 0.8, 5e-4), (0.3, 0.95, 0.02), (0, 0.5, 0.05)):
    walk = pml.ManifoldLoss(5, K=3, lambdaC=context, alpha=alpha, margin=margin).double()
    near = torch.tensor([0, 2, 1, 1, 0, 2, 0, 1, 2])
    case(PML, "manifold", f"context {context}, alpha {alpha}", {"context": context, "alpha": alpha, "margin": margin},
         {"z": z, "labels": near, "proxies": walk.proxies}, lambda: walk(z, indices_tuple=near))

for package, cases in files.items():
    write(short[package], package, cases, floor=1e-2, script="make_metric.py")
