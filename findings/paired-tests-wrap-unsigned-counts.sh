#!/bin/bash
# Guess: scipy takes its samples as float64, as numpy's mean() does: a paired test of unsigned integers is that of the same
#   numbers as int64.
# Really: ttest_rel subtracts first, and is a test of a - b. In unsigned integers a - b wraps wherever a < b,
#   so that every difference is a large positive number. Of times that do not differ (p = 0.13) it says p = 0.0007; both
#   ttest_rel(a, b) and ttest_rel(b, a) are positive, each says that its first sample is the slower one; the confidence
#   interval is of 10**18. No warning. ttest_ind and wilcoxon beside it are right. What is built on them inherits or repeats
#   it: pingouin's ttest, its effect sizes of wilcoxon (+1 where -0.49 is right, the p-value stays right) and its tost, and
#   statsmodels' ttost_paired: equivalent (p < 0.00001) becomes not equivalent (p > 0.99).
# Seen with: scipy 1.17.1, pingouin 0.7.0, statsmodels 0.15.0, numpy 2.4.6; uint64, uint32 and uint8, from numpy, pandas,
#   polars or Arrow.
# Bites: paired runs whose counters are u64, which is what a ring's records, Parquet and numpy keep them as.
# Source: scipy/stats/_stats_py.py ttest_rel (ttest_1samp(a - b, ...)); pingouin/parametric.py, nonparametric.py (x - y);
#   statsmodels/stats/weightstats.py ttost_paired; github.com/scipy/scipy issue 10159 (chisquare, of the same kind).
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check \
    scipy==1.17.1 pingouin==0.7.0 statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
cd "$dir"
bin/python -W ignore - <<'PYTHON'
import numpy as np, pandas, pingouin, polars, scipy, statsmodels
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

print("scipy", scipy.__version__, "pingouin", pingouin.__version__, "statsmodels", statsmodels.__version__, "numpy", np.__version__)
before = np.array([1035581, 1059169, 897151, 1052493, 983790, 994040, 1019022, 967143, 1089723, 913833, 960589, 971363])
after = np.array([1034158, 1061000, 904530, 1061588, 993770, 1003065, 1026046, 957160, 1095904, 910786, 955584, 976673])

def of(a, b):
    tost, wilcoxon = pingouin.tost(a, b, 20_000, paired=True), pingouin.wilcoxon(a, b)
    paired = stats.ttest_rel(a, b)
    return {
        "ttest_rel(a, b)": paired.statistic, "ttest_rel(b, a)": stats.ttest_rel(b, a).statistic, "its p": paired.pvalue,
        "interval": paired.confidence_interval().low, "ttest_ind's p": stats.ttest_ind(a, b).pvalue,
        "wilcoxon's p": stats.wilcoxon(a, b).pvalue, "pingouin ttest": pingouin.ttest(a, b, paired=True)["T"].iloc[0],
        "pingouin wilcoxon's p": wilcoxon["p_val"].iloc[0], "its RBC": wilcoxon["RBC"].iloc[0],
        "pingouin tost": tost["pval"].iloc[0], "statsmodels ttost_paired": ttost_paired(a, b, -20_000, 20_000)[0],
    }

signed, unsigned = of(before, after), of(before.astype(np.uint64), after.astype(np.uint64))
for name in signed:
    print(f"{name}: int64 {signed[name]:.6g}, uint64 {unsigned[name]:.6g}")
same = {name for name in signed if np.isclose(signed[name], unsigned[name], rtol=1e-9)}
assert same == {"ttest_ind's p", "wilcoxon's p", "pingouin wilcoxon's p"}, same
assert signed["its p"] > 0.1 and unsigned["its p"] < 0.001
assert signed["ttest_rel(a, b)"] == -signed["ttest_rel(b, a)"] < 0 < unsigned["ttest_rel(b, a)"] < unsigned["ttest_rel(a, b)"]
assert unsigned["interval"] > 1e18 and unsigned["its RBC"] == 1 and -0.5 < signed["its RBC"] < -0.4
for name in ("pingouin tost", "statsmodels ttost_paired"):
    assert signed[name] < 0.00001 and unsigned[name] > 0.99, name
assert signed["pingouin ttest"] == signed["ttest_rel(a, b)"] and unsigned["pingouin ttest"] == unsigned["ttest_rel(a, b)"]
small = [stats.ttest_rel((before // 5000).astype(kind), (after // 5000).astype(kind)) for kind in (np.int64, np.uint32, np.uint8)]
print("in units of 5,000, int64, uint32, uint8:", *(f"{each.statistic:.3f}" for each in small))
assert small[0].statistic < 0 < min(small[1].statistic, small[2].statistic)
wrap = {"pandas": pandas.Series, "polars": polars.Series, "arrow": lambda a: pandas.Series(a, dtype="uint64[pyarrow]")}
for name, series in wrap.items():
    statistic = stats.ttest_rel(series(before.astype(np.uint64)), series(after.astype(np.uint64))).statistic
    print(f"from {name}: {statistic:.3f}")
    assert statistic == unsigned["ttest_rel(a, b)"]
print("as described")
PYTHON
