/* check_judge.c: the verdict on one element. A failure needs a numeric derivative whose own uncertainty is
   far smaller than the disagreement; whatever is less certain is inconclusive. */
#include "check_run.h"

#include <float.h>
#include <math.h>

static double larger(double a, double b) {
    return fmax(fabs(a), fabs(b));
}

static void measure(const tg_check_run *run, tg_check_element *e) {
    double diff = fabs(e->analytic - e->numeric),
           size = fmax(larger(e->analytic, e->numeric), 1e-8 * run->scale);
    if (e->analytic == e->numeric) diff = 0;
    e->abs_error = diff;
    e->rel_error = diff == 0 ? 0 : isfinite(diff) ? diff / size : INFINITY;
}

static void take(const tg_check_run *run, tg_check_element *e, const tg_slope *slope) {
    e->numeric = slope->value;
    e->bar = slope->bar;
    measure(run, e);
}

/* Agreement at a glance: the difference quotient confirms the gradient and is sharp enough to have refuted
 * it. */
static bool settles(const tg_check_element *e, double tolerance) {
    double size = larger(e->analytic, e->numeric);
    return size > 0 && isfinite(size) && e->abs_error <= tolerance * size && e->bar <= 100 * tolerance * size;
}

/* The point lies on a kink or an edge: is the gradient between the one-sided derivatives? */
static tg_verdict judge_sides(const tg_check_run *run, const tg_line *line, tg_check_element *e,
                              tg_slope *slope) {
    if (!line->probe->base_finite || (!slope->crossed && slope->kink_node < 0))
        return TG_VERDICT_INCONCLUSIVE;
    tg_slope_sides(line, slope);
    double low = slope->left, high = slope->right;
    if (isnan(low)) low = high;
    if (isnan(high)) high = low;
    if (isnan(low)) return TG_VERDICT_INCONCLUSIVE;
    e->numeric = (isinf(low) || isinf(high)) ? high : (low + high) / 2;
    const double slack = fmax(run->options.tolerance, 1e-4) * fmax(larger(low, high), 1e-8 * run->scale);
    if (e->analytic == low || e->analytic == high) return TG_VERDICT_KINK;
    if (e->analytic >= fmin(low, high) - slack && e->analytic <= fmax(low, high) + slack)
        return TG_VERDICT_KINK;
    bool both = isfinite(slope->left) && isfinite(slope->right);
    bool one = slope->edge && (isfinite(slope->left) || isfinite(slope->right));
    return both || one ? TG_VERDICT_FAIL : TG_VERDICT_INCONCLUSIVE;
}

/* An infinite value that stays infinite: what happens to it no difference can tell. */
static bool hidden(const tg_line *line, const tg_slope *slope) {
    return slope->still && !line->probe->base_finite;
}

static bool blurred(const tg_check_run *run, const tg_slope *slope, double size) {
    return slope->bar > 0.01 * size && size > 1e-8 * run->scale;
}

/* Whether the function bends within the steps as if its slope jumped. */
static bool is_bent(const tg_check_run *run, const tg_check_element *e, const tg_slope *slope) {
    return isfinite(slope->bend) && slope->bend > 0.01 * fabs(e->numeric) && slope->bend > 1e-6 * run->scale;
}

/* A central difference on a kink is the mean of both sides, which a gradient may well equal: 0 for |x|. */
static bool jumps_unseen(const tg_check_run *run, const tg_line *line, const tg_check_element *e,
                         tg_slope *slope) {
    if (!is_bent(run, e, slope)) return false;
    tg_slope sides = *slope;
    return slope->jumps = tg_slope_jumps(line, &sides);
}

static const char *reason_of(const tg_line *line, const tg_check_element *e, const tg_slope *slope) {
    if (!line->probe->base_finite) return "its value is not finite";
    if (!isfinite(e->analytic)) return "its gradient is not finite";
    if (slope->jumps) return TG_CHECK_UNDECLARED;
    if (slope->near) return "steps larger than |x| leave its neighbourhood, smaller ones drown in rounding";
    return "quotients of different steps do not agree";
}

static tg_verdict judge(const tg_check_run *run, const tg_line *line, tg_check_element *e, tg_slope *slope) {
    const double tolerance = run->options.tolerance;
    take(run, e, slope);
    if (!isfinite(slope->bar)) {
        tg_verdict verdict = judge_sides(run, line, e, slope);
        measure(run, e);
        return verdict;
    }
    if (hidden(line, slope)) return TG_VERDICT_INCONCLUSIVE;
    if (!isfinite(e->analytic))
        return blurred(run, slope, fabs(e->numeric)) ? TG_VERDICT_INCONCLUSIVE : TG_VERDICT_FAIL;
    double size = larger(e->analytic, e->numeric);
    if (e->abs_error <= tolerance * size + 10 * slope->bar)
        return blurred(run, slope, size) || jumps_unseen(run, line, e, slope) ? TG_VERDICT_INCONCLUSIVE
                                                                              : TG_VERDICT_PASS;
    /* Numbers of size 1 inside may swallow what such a gradient makes of any step. */
    if (slope->still && fabs(e->analytic) * line->scale < DBL_EPSILON) return TG_VERDICT_INCONCLUSIVE;
    /* An op may have a kink that it does not declare. */
    tg_slope sides = *slope;
    tg_slope_sides(line, &sides);
    bool between =
        e->analytic >= fmin(sides.left, sides.right) && e->analytic <= fmax(sides.left, sides.right);
    slope->jumps = sides.jumps;
    return sides.jumps && between ? TG_VERDICT_INCONCLUSIVE : TG_VERDICT_FAIL;
}

/* One step, or a fixed sequence, cannot know whether it is small against the function's own length: a rule that
   refuses needs the falling steps to say the same. */
static bool is_confirmed(const tg_check_run *run, const tg_line *line, const tg_check_element *e,
                         tg_slope *slope) {
    if (run->options.rule == TG_STEP_AUTO || run->options.rule == TG_STEP_SIX) return true;
    tg_check_element again = *e;
    tg_slope six = tg_slope_six(line, run->options.tolerance / 100);
    slope->near = six.near;
    return judge(run, line, &again, &six) == TG_VERDICT_FAIL;
}

void tg_check_judge(tg_check_run *run, const tg_line *line, tg_check_element *e) {
    const double tolerance = run->options.tolerance;
    tg_slope slope;
    e->kink_node = -1;
    switch (run->options.rule) {
    case TG_STEP_SIX:
        slope = tg_slope_six(line, 1e-12);
        break;
    case TG_STEP_RIDDERS:
        slope = tg_slope_ridders(line);
        break;
    default:
        slope = tg_slope_central(line);
        take(run, e, &slope);
        e->verdict = TG_VERDICT_PASS;
        const bool bent = is_bent(run, e, &slope);
        if (settles(e, tolerance) && !bent) return;
        if (e->analytic == 0 && slope.still && !hidden(line, &slope)) return;
        if (bent || run->options.rule == TG_STEP_AUTO) slope = tg_slope_six(line, tolerance / 100);
    }
    e->verdict = judge(run, line, e, &slope);
    if (e->verdict == TG_VERDICT_FAIL && !is_confirmed(run, line, e, &slope))
        e->verdict = TG_VERDICT_INCONCLUSIVE;
    if (e->verdict == TG_VERDICT_INCONCLUSIVE) e->reason = reason_of(line, e, &slope);
    e->kink_node = slope.kink_node;
    e->kink_element = slope.kink_element;
}
