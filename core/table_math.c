/* table_math.c: tanh and sigmoid of many elements. Compiled once per number type and SIMD level. With AVX-512, f32
   needs no e^x: tables of 32 polynomials fit two registers per coefficient, and one instruction looks 16 up, so that
   the next op of a scalar chain waits half to three quarters as long for the value (docs/vector-math.md).

   A table's rows: centres, and the coefficients of t^0 to t^5, t being the distance to the centre; least squares of
   the relative error over 60 Chebyshev nodes, each coefficient fitted after the higher ones were rounded. Centres
   are a little off the middle, where the value itself is a float or nearly so: Gal and Bachelis, "An Accurate
   Elementary Mathematical Library for the IEEE Floating Point Standard", ACM TOMS 17, 1991. */
#include "real.h"

#if defined(TG_REAL_F32) && defined(__AVX512F__)
#include "simd.h"

/* Around 0, 0.25 ... 7.75; that of 0.25 stands at 0.125, where values are smallest beside their errors. */
static const float tanh_table[7][32] = {
    {0,          0.12499825f, 0.4999994f, 0.7500064f, 0.99999565f, 1.2500209f, 1.5000166f, 1.7499933f,
     2.0000608f, 2.2499433f,  2.4999368f, 2.7500668f, 2.9999363f,  3.250013f,  3.4999313f, 3.7500587f,
     4.0000215f, 4.249991f,   4.499932f,  4.749885f,  5.000098f,   5.24997f,   5.500143f,  5.7498617f,
     6.000143f,  6.250143f,   6.499857f,  6.7500186f, 6.999857f,   7.249857f,  7.500143f,  7.750143f},
    {0,          0.12435128f, 0.4621167f,  0.63515276f, 0.7615923f,  0.8482895f, 0.90515125f, 0.9413748f,
     0.9640319f, 0.97802365f, 0.9866126f,  0.9918608f,  0.9950541f,  0.9969977f, 0.99817765f, 0.9988946f,
     0.9993293f, 0.99959314f, 0.9997532f,  0.9998503f,  0.9999092f,  0.9999449f, 0.9999666f,  0.99997973f,
     0.9999877f, 0.99999255f, 0.99999547f, 0.99999726f, 0.99999833f, 0.999999f,  0.9999994f,  0.99999964f},
    {1,
     0.98453563f,
     0.78644824f,
     0.596581f,
     0.41997713f,
     0.28040493f,
     0.18070121f,
     0.11381353f,
     0.070642546f,
     0.043469742f,
     0.026595542f,
     0.01621214f,
     0.009867287f,
     0.005995558f,
     0.003641384f,
     0.0022096334f,
     0.0013408932f,
     0.0008135571f,
     0.00049358467f,
     0.0002994313f,
     0.00018154757f,
     0.00011014635f,
     6.678627e-05f,
     4.0530762e-05f,
     2.4569863e-05f,
     1.4902269e-05f,
     9.044304e-06f,
     5.4836173e-06f,
     3.3273575e-06f,
     2.0182017e-06f,
     1.2241145e-06f,
     7.42677e-07f},
    {0,
     -0.1223581f,
     -0.36342546f,
     -0.3789199f,
     -0.31985337f,
     -0.23786618f,
     -0.1635627f,
     -0.107141405f,
     -0.06810164f,
     -0.04251436f,
     -0.026239432f,
     -0.016080134f,
     -0.009818493f,
     -0.005977515f,
     -0.0036347306f,
     -0.0022071619f,
     -0.001339994f,
     -0.0008132278f,
     -0.0004934534f,
     -0.00029938336f,
     -0.00018153753f,
     -0.00011013956f,
     -7.0543e-05f,
     -4.0531453e-05f,
     -2.617609e-05f,
     -1.5046925e-05f,
     -6.9929574e-06f,
     -5.4832626e-06f,
     -1.9450904e-06f,
     -9.1827974e-07f,
     -5.2125815e-06f,
     -4.158123e-06f},
    {-0.33332762f,   -0.31434506f,   -0.09422645f,   0.04180691f,    0.10360564f,    0.1083118f,
     0.08781571f,    0.06292263f,    0.0421048f,     0.02709023f,    0.017023023f,   0.0105452305f,
     0.0064808116f,  0.0039610784f,  0.0024143218f,  0.0014682008f,  0.00089212705f, 0.00054170744f,
     0.00032881144f, 0.00019953048f, 0.0001209978f,  7.341848e-05f,  4.4243065e-05f, 2.7018903e-05f,
     1.6261218e-05f, 9.923938e-06f,  5.8789797e-06f, 3.6557024e-06f, 2.1168196e-06f, 1.2647679e-06f,
     5.23316e-07f,   2.4442357e-07f},
    {0,
     0.09130944f,
     0.16357751f,
     0.09972339f,
     0.028124096f,
     -0.01225797f,
     -0.02480852f,
     -0.023475537f,
     -0.017893394f,
     -0.012339244f,
     -0.00806379f,
     -0.0051109656f,
     -0.0031816317f,
     -0.0019628278f,
     -0.001201741f,
     -0.0007338859f,
     -0.00044582016f,
     -0.00027091315f,
     -0.00016508687f,
     -0.00010008292f,
     -6.0279763e-05f,
     -3.6818357e-05f,
     0.00017019971f,
     -1.3460344e-05f,
     7.406709e-05f,
     2.4358512e-06f,
     -0.00010802818f,
     -1.849228e-06f,
     -7.18699e-05f,
     -5.6979425e-05f,
     0.00020385008f,
     0.0001746651f},
    {0.13216113f,    0.07479398f,    -0.025502421f,  -0.063431785f,  -0.046353072f,  -0.019376809f,
     -0.002783575f,  0.0036403134f,  0.004763301f,   0.0039858464f,  0.002859618f,   0.0019063271f,
     0.0012214541f,  0.00076539454f, 0.00047336268f, 0.00029046217f, 0.00017745161f, 0.00010808537f,
     6.5742e-05f,    3.9933348e-05f, 2.4265337e-05f, 1.471137e-05f,  2.657705e-05f,  5.4070547e-06f,
     1.0821544e-05f, 2.67186e-06f,   1.08195e-05f,   7.328653e-07f,  6.921799e-06f,  5.42399e-06f,
     1.8863428e-05f, 1.6112288e-05f},
};

/* Around -8, -7.5 ... 7.5. */
static const float sigmoid_table[7][32] = {
    {-8.000016f, -7.500115f, -6.9998574f, -6.500005f, -6.0000334f, -5.499969f,  -4.999958f,   -4.499976f,
     -4.000032f, -3.499938f, -3.0000002f, -2.500024f, -1.9999943f, -1.5000232f, -0.99998736f, -0.49999464f,
     0,          0.5000006f, 0.99998736f, 1.5000337f, 1.9999973f,  2.5000417f,  3.0000331f,   3.4999866f,
     4.0000997f, 4.4998865f, 4.999896f,   5.4999056f, 5.9998727f,  6.500026f,   6.9998627f,   7.5001173f},
    {0.0003353447f, 0.00055271515f, 0.000911181f, 0.0015011751f, 0.0024725408f, 0.0040702634f, 0.00669313f,
     0.010987202f,  0.017985646f,   0.029313995f, 0.047425862f,  0.07585649f,   0.11920352f,   0.18242206f,
     0.2689439f,    0.37754193f,    0.5f,         0.6224595f,    0.7310561f,    0.8175795f,    0.8807968f,
     0.92414474f,   0.9525756f,     0.9706874f,   0.98201555f,   0.9890118f,    0.99330646f,   0.9959295f,
     0.99752706f,   0.99849886f,    0.9990888f,   0.9994473f},
    {0.0003352322f, 0.0005524096f, 0.00091035065f, 0.0014989215f, 0.0024664272f, 0.004053696f,  0.0066483314f,
     0.010866483f,  0.017662162f,  0.028454686f,   0.04517665f,   0.07010229f,   0.10499405f,   0.14914425f,
     0.19661307f,   0.23500401f,   0.25f,          0.23500368f,   0.19661309f,   0.14914326f,   0.104993805f,
     0.07010123f,   0.045175303f,  0.028453382f,   0.017661009f,  0.0108674355f, 0.0066487384f, 0.0040539512f,
     0.0024668218f, 0.0014988895f, 0.000910346f,   0.00055240834f},
    {0.00016750293f,  0.00027589826f, 0.00045434386f, 0.00074720744f, 0.0012271104f,  0.0020103413f,
     0.0032796583f,   0.0053138398f,  0.008513413f,   0.013393248f,   0.020445878f,   0.02973363f,
     0.03998161f,     0.04736491f,    0.04542798f,    0.028777223f,   1.2100468e-11f, -0.028777506f,
     -0.045427978f,   -0.047364827f,  -0.039981555f,  -0.029733272f,  -0.020445338f,  -0.013392676f,
     -0.008512875f,   -0.005314295f,  -0.0032798576f, -0.0020104696f, -0.0012273117f, -0.0007471894f,
     -0.00045434132f, -0.00027589523f},
    {5.576097e-05f,  9.176523e-05f, 0.00015089993f, 0.000247579f,  0.0004049965f,  0.00065919646f,
     0.0010638728f,  0.0016930203f, 0.0026317544f,  0.003932753f,  0.005488388f,   0.0067690783f,
     0.0064747897f,  0.002613106f,  -0.005887267f,  -0.016058223f, -0.020832617f,  -0.016059939f,
     -0.0058885925f, 0.0026132022f, 0.006475294f,   0.006769451f,  0.005488472f,   0.003932663f,
     0.002631599f,   0.0016931396f, 0.0010639165f,  0.0006592227f, 0.00040505079f, 0.0002475674f,
     0.00015089511f, 9.176255e-05f},
    {1.3942252e-05f,  2.2903821e-05f,  3.7552498e-05f,  6.131235e-05f,   9.948676e-05f,   0.00015975074f,
     0.00025199025f,  0.00038557884f,  0.0005591896f,   0.0007336432f,   0.0007752974f,   0.00038307038f,
     -0.0008788344f,  -0.0031163318f,  -0.005111843f,   -0.004317766f,   -1.5782349e-10f, 0.004317727f,
     0.0051117693f,   0.0031163115f,   0.00087888376f,  -0.00038306278f, -0.0007752667f,  -0.0007336106f,
     -0.00055921666f, -0.00038560136f, -0.00025198617f, -0.00015972438f, -9.942599e-05f,  -6.133837e-05f,
     -3.7554404e-05f, -2.2933935e-05f},
    {2.7529277e-06f,  4.507065e-06f,  7.344665e-06f,   1.1877903e-05f, 1.8960642e-05f,  2.9601224e-05f,
     4.4438126e-05f,  6.203063e-05f,  7.437717e-05f,   5.7571775e-05f, -4.0977695e-05f, -0.00029717214f,
     -0.00071691436f, -0.0009916767f, -0.0004256035f,  0.0011093674f,  0.002060424f,    0.001132631f,
     -0.0004086361f,  -0.0009912337f, -0.00072324614f, -0.0003022931f, -4.3366726e-05f, 5.690064e-05f,
     7.442405e-05f,   6.227586e-05f,  4.467979e-05f,   2.978397e-05f,  1.9084515e-05f,  1.1959244e-05f,
     7.3962465e-06f,  4.538487e-06f},
};

TG_INLINE vec look_up(const float table[32], __m512i index) {
    return _mm512_permutex2var_ps(load(table), index, load(table + 16));
}

/* The polynomials of the low five bits of each index; in pairs, which wait less for each other. */
TG_INLINE vec polynomial(const float table[7][32], __m512i index, vec x) {
    const vec t = x - look_up(table[0], index), t2 = t * t;
    const vec low = look_up(table[2], index) * t + look_up(table[1], index);
    const vec middle = look_up(table[4], index) * t + look_up(table[3], index);
    const vec high = look_up(table[6], index) * t + look_up(table[5], index);
    return (high * t2 + middle) * t2 + low;
}

/* Beyond the tables. */
static __attribute__((noinline)) vec tanh_by_exp(vec x) {
    real v[LANES];
    store(v, x);
    TG_VECTORS for (int i = 0; i < LANES; i++) v[i] = copysignf(1 - 2 * r_exp(-2 * r_abs(v[i])), v[i]);
    return load(v);
}

static __attribute__((noinline)) vec sigmoid_by_exp(vec x) {
    real v[LANES];
    store(v, x);
    TG_VECTORS for (int i = 0; i < LANES; i++) v[i] = 1 / (1 + r_exp(-v[i]));
    return load(v);
}

/* Adding `shift` leaves the number of the nearest centre in the low bits. A branch, unlike a bound, keeps nobody waiting. */
#define EACH(table, size, scale, shift, limit, value, otherwise)                                             \
    for (int64_t i = 0; i < n; i += LANES) {                                                                 \
        const vec v = load(x + i), at = size, shifted = scale * at + (TG_FLOAT_ROUNDER + shift);             \
        const vec p = polynomial(table, _mm512_castps_si512(shifted), at);                                   \
        const __mmask16 outside = _mm512_cmp_ps_mask(_mm512_abs_ps(v), _mm512_set1_ps(limit), _CMP_NLT_UQ);  \
        vec result = value;                                                                                  \
        if (__builtin_expect(outside != 0, 0)) result = _mm512_mask_mov_ps(result, outside, otherwise);      \
        store(y + i, result);                                                                                \
    }

void TG_R(tg_each_tanh)(int64_t n, const real *x, real *y) {
    const vec minus_0 = _mm512_set1_ps(-0.0f);
    EACH(tanh_table, _mm512_abs_ps(v), 4, 0, 7.875f, _mm512_or_ps(p, _mm512_and_ps(v, minus_0)),
         tanh_by_exp(v))
}

void TG_R(tg_each_sigmoid)(int64_t n, const real *x, real *y) {
    EACH(sigmoid_table, v, 2, 16, 7.75f, p, sigmoid_by_exp(v))
}
#else
/* Where e^-x is infinite, 1/(1 + e^-x) is 0, as it should be; only the slope of a dual would be lost. */
static inline real bounded(real x) {
#ifdef TG_REAL_DUAL
    return re(x) < -700 ? -700 : x;
#else
    return x;
#endif
}

void TG_R(tg_each_tanh)(int64_t n, const real *x, real *y) {
    TG_EACH(i, n) y[i] = r_tanh(x[i]);
}

void TG_R(tg_each_sigmoid)(int64_t n, const real *x, real *y) {
    TG_EACH(i, n) y[i] = 1 / (1 + r_exp(-bounded(x[i])));
}
#endif
