#include "schedule.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
#define TG_X(id, name) name,
    TG_SCHEDULES(TG_X)
#undef TG_X
};

const char *tg_schedule_name(tg_schedule_kind kind) {
    return (unsigned)kind < TG_NSCHEDULES ? names[kind] : "?";
}

int tg_schedule_from_name(const char *name) {
    for (int i = 0; name && i < TG_NSCHEDULES; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

bool tg_schedule_check(tg_schedule s, tg_status *status) {
    if ((unsigned)s.kind >= TG_NSCHEDULES)
        return tg_status_fail(status, "schedule: there is no kind %d", (int)s.kind);
    bool decays = s.kind == TG_SCHEDULE_STEP || s.kind == TG_SCHEDULE_EXPONENTIAL;
    if (decays && !(s.factor > 0 && isfinite(s.factor)))
        return tg_status_fail(status, "schedule %s: factor is %g; it must be above 0", names[s.kind],
                              s.factor);
    if (s.kind != TG_SCHEDULE_COSINE) return true;
    if (s.total == 0)
        return tg_status_fail(status, "schedule cosine: total is 0; it needs at least one step");
    if (!(s.floor >= 0 && s.floor <= 1))
        return tg_status_fail(status, "schedule cosine: floor is %g; it must be from 0 to 1", s.floor);
    return true;
}

double tg_schedule_at(tg_schedule s, uint64_t step) {
    if (step < s.warmup) return (double)(step + 1) / (double)s.warmup;
    uint64_t t = step - s.warmup, every = s.every ? s.every : 1;
    switch (s.kind) {
    case TG_SCHEDULE_STEP:
        return pow(s.factor, (double)(t / every));
    case TG_SCHEDULE_EXPONENTIAL:
        return pow(s.factor, (double)t / (double)every);
    case TG_SCHEDULE_COSINE: {
        double part = t < s.total ? (double)t / (double)s.total : 1;
        return s.floor + (1 - s.floor) * (1 + cos(3.14159265358979323846 * part)) / 2;
    }
    default:
        return 1;
    }
}
