"""The values that EvaluationTests compare with: from scikit-learn 1.9, scipy and numpy, printed as Swift literals.

Usage: python3 make_metric_values.py [BANKING77_FOLDER]   (train.csv and test.csv with columns text, category)
"""
import csv
import sys

import numpy as np
from scipy.stats import binomtest, bootstrap
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

LABELS = ["refund", "track", "cancel", "other"]
rng = np.random.default_rng(7)
truth = rng.choice(4, 60, p=[0.4, 0.3, 0.2, 0.1])
first = np.where(rng.random(60) < 0.75, truth, rng.choice(3, 60))
second = np.where(rng.random(60) < 0.55, truth, rng.choice(4, 60))
confidence = np.round(np.clip(rng.normal(np.where(first == truth, 0.82, 0.6), 0.15), 0.05, 1.0), 3)


def literal(values):
    return "[" + ", ".join(str(v) for v in values) + "]"


print("truth", literal(truth))
print("first", literal(first))
print("second", literal(second))
print("confidence", literal(confidence))
right1, right2 = first == truth, second == truth
print("accuracy", accuracy_score(truth, first), right1.sum())
ci = binomtest(int(right1.sum()), 60).proportion_ci(method="wilson")
print("wilson", repr(ci.low), repr(ci.high))
for k, n in [(0, 20), (20, 20), (1, 1000), (500, 1000)]:
    ci = binomtest(k, n).proportion_ci(method="wilson")
    print("wilson", k, n, repr(ci.low), repr(ci.high))
print("macro f1", repr(f1_score(truth, first, average="macro")), repr(f1_score(truth, second, average="macro")))
print("per label", [list(map(float, v)) for v in precision_recall_fscore_support(truth, first, labels=range(4), zero_division=0)])
b, c = int((right1 & ~right2).sum()), int((~right1 & right2).sum())
print("mcnemar", b, c, repr(binomtest(b, b + c).pvalue))
for pair in [(0, 0), (5, 0), (10, 2), (7, 7), (300, 250)]:
    print("mcnemar", pair, repr(binomtest(pair[0], sum(pair)).pvalue) if sum(pair) else 1.0)
edges = np.linspace(0, 1, 16)
ece = 0.0
for low, high in zip(edges[:-1], edges[1:]):
    inside = (confidence > low) & (confidence <= high)
    if inside.any():
        ece += inside.mean() * abs(right1[inside].mean() - confidence[inside].mean())
print("ece", repr(float(ece)))
result = bootstrap((right1.astype(float) - right2.astype(float),), np.mean, method="percentile", n_resamples=200000, random_state=1)
print("paired bootstrap", result.confidence_interval)
order = np.argsort(-confidence, kind="stable")
for threshold in (0.9, 0.7, 0.5):
    kept = confidence >= threshold
    print("coverage", threshold, float(kept.mean()), float(right1[kept].mean()))

texts = ["Where is my parcel?", "The parcel has not arrived yet", "I want my money back", "Please refund my order",
         "Cancel my order now", "How do I cancel the subscription", "money back please!", "track the parcel"]
classes = [1, 1, 0, 0, 2, 2, 0, 1]


def features():
    return FeatureUnion([
        ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
        ("pieces", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True))])


union = features()
model = LinearSVC(C=1, tol=1e-8, max_iter=100000).fit(union.fit_transform(texts), classes)
for text in ["where is the parcel", "give my money back", "cancel it", "xyz"]:
    print("decision", text, [repr(float(v)) for v in model.decision_function(union.transform([text]))[0]])

if len(sys.argv) > 1:
    def rows(name, step):
        with open(f"{sys.argv[1]}/{name}.csv", newline="", encoding="utf-8") as file:
            return [(r["text"], r["category"]) for r in csv.DictReader(file)][::step]
    train, test = rows("train", 4), rows("test", 4)
    union = features()
    model = LinearSVC(C=1).fit(union.fit_transform([t for t, _ in train]), [c for _, c in train])
    answers = model.predict(union.transform([t for t, _ in test]))
    print("banking77", len(train), len(test), sum(a == c for a, (_, c) in zip(answers, test)))
