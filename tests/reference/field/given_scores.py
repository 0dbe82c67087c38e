# Cross-encoders of sentence-transformers that answer with given scores, and the cases of their losses over ranked lists.
import torch
from sentence_transformers.cross_encoder import CrossEncoder

from cases import case


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
    case("sentence-transformers", loss, name, params, {"scores": scores, "labels": labels}, narrowed, True)
