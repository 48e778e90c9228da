/* elementwise.h: an elementwise op on plain arrays. */
#ifndef TG_TESTS_SUPPORT_ELEMENTWISE_H
#define TG_TESTS_SUPPORT_ELEMENTWISE_H

#include "tapegrad.h"

/* y = the op of n elements, dx = its gradient under a cotangent of ones, in f32 or f64. options, y and dx may
   be NULL. Fails the test where the op fails. */
void apply_unary(const char *op, const void *options, tg_dtype dtype, int64_t n, const double *x, double *y,
                 double *dx);
void apply_binary(const char *op, tg_dtype dtype, int64_t n, const double *a, const double *b, double *y,
                  double *da, double *db);
/* The same of single numbers, in f64: value, and derivative by the first or second argument. */
double value_of(const char *op, double x);
double slope_of(const char *op, double x);
double value_of_two(const char *op, double a, double b);
double slope_of_two(const char *op, double a, double b, int by);
/* |a - b| <= tolerance * max(|a|, |b|), or both NaN, or equal. */
bool is_near(double a, double b, double tolerance);

#endif
