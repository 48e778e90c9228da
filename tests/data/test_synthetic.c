/* Synthetic sets: where their points lie, and that a seed means the same examples everywhere. */
#include "support/test.h"

#include <math.h>
#include <string.h>

typedef tg_dataset *images_of(tg_images_spec spec, tg_status *status);

static double radius_of(const tg_dataset *set, int64_t i) {
    return hypot(tg_dataset_at(set, i, 0), tg_dataset_at(set, i, 1));
}

static void circles_lie_on_two_rings(void **state) {
    (void)state;
    tg_dataset *exact = tg_two_circles((tg_points_spec){.count = 1100, .noise = -1, .dtype = TG_F64}, NULL);
    tg_dataset *noisy = tg_two_circles((tg_points_spec){.count = 1100, .noise = 0.1, .dtype = TG_F64}, NULL);
    double square = 0, x = 0;
    for (int64_t i = 0; i < 1100; i++) {
        assert_int_equal(tg_dataset_label(exact, i), i % 2);
        assert_close(radius_of(exact, i), i % 2 ? 0.5 : 1, 1e-12);
        for (int j = 0; j < 2; j++) square += pow(tg_dataset_at(noisy, i, j) - tg_dataset_at(exact, i, j), 2);
        x += tg_dataset_at(exact, i, 0);
    }
    assert_close(sqrt(square / 2200), 0.1, 0.01);
    assert_close(x / 1100, 0, 0.05);
    tg_dataset_free(exact);
    tg_dataset_free(noisy);
}

static void moons_and_spirals_follow_their_curves(void **state) {
    (void)state;
    tg_dataset *moons = tg_moons((tg_points_spec){.count = 200, .noise = -1, .dtype = TG_F64}, NULL);
    tg_dataset *spirals =
        tg_spirals((tg_points_spec){.count = 300, .noise = -1, .classes = 5, .dtype = TG_F64}, NULL);
    for (int64_t i = 0; i < 200; i++) {
        double x = tg_dataset_at(moons, i, 0), y = tg_dataset_at(moons, i, 1);
        double cx = i % 2 ? 1 : 0, cy = i % 2 ? 0.5 : 0;
        assert_close(hypot(x - cx, y - cy), 1, 1e-12);
        assert_true(i % 2 ? y <= 0.5 : y >= 0);
    }
    for (int64_t i = 0; i < 300; i++) {
        double r = radius_of(spirals, i), turn = 8 * atan(1);
        double angle = turn * (0.75 * r + (double)(i % 5) / 5);
        assert_close(tg_dataset_at(spirals, i, 0), r * cos(angle), 1e-9);
        assert_close(tg_dataset_at(spirals, i, 1), r * sin(angle), 1e-9);
    }
    assert_int_equal(spirals->classes, 5);
    tg_dataset_free(moons);
    tg_dataset_free(spirals);
}

static void blobs_have_a_centre_per_class(void **state) {
    (void)state;
    tg_dataset *centres = tg_blobs((tg_points_spec){.count = 6, .noise = -1, .features = 4, .seed = 9}, NULL);
    tg_dataset *blobs =
        tg_blobs((tg_points_spec){.count = 3000, .features = 4, .seed = 9, .noise = 0.5}, NULL);
    assert_memory_equal(centres->x, (float *)centres->x + 12, 12 * sizeof(float));
    assert_memory_not_equal(centres->x, (float *)centres->x + 4, 4 * sizeof(float));
    for (int class = 0; class < 3; class ++)
        for (int j = 0; j < 4; j++) {
            double mean = 0;
            for (int64_t i = class; i < 3000; i += 3) mean += tg_dataset_at(blobs, i, j) / 1000;
            assert_true(fabs(mean - tg_dataset_at(centres, class, j)) < 0.08);
        }
    tg_dataset_free(centres);
    tg_dataset_free(blobs);
}

/* Also that the first ones of many are those of few, and that a seed makes a difference. */
static void pictures_do_not_depend_on_threads_or_count(void **state) {
    (void)state;
    images_of *makers[] = {tg_digits, tg_house_numbers};
    for (int m = 0; m < 2; m++) {
        tg_set_threads(1);
        tg_dataset *one = makers[m]((tg_images_spec){.count = 300, .seed = 4}, NULL);
        tg_set_threads(4);
        tg_dataset *four = makers[m]((tg_images_spec){.count = 301, .seed = 4}, NULL);
        tg_dataset *other = makers[m]((tg_images_spec){.count = 300, .seed = 5}, NULL);
        tg_set_threads(0);
        size_t bytes = 300 * (size_t)tg_dataset_features(one) * sizeof(float);
        assert_memory_equal(one->x, four->x, bytes);
        assert_memory_equal(one->labels, four->labels, 300 * sizeof *one->labels);
        assert_memory_not_equal(one->x, other->x, bytes);
        tg_dataset_free(one);
        tg_dataset_free(four);
        tg_dataset_free(other);
    }
}

static void pictures_are_bright_varied_and_of_ten_classes(void **state) {
    (void)state;
    images_of *makers[] = {tg_digits, tg_house_numbers};
    for (int m = 0; m < 2; m++) {
        tg_dataset *set = makers[m]((tg_images_spec){.count = 1000, .dtype = TG_F64}, NULL);
        int per_class[10] = {0};
        assert_int_equal(set->classes, 10);
        for (int64_t i = 0; i < set->count; i++) {
            double least = 1, most = 0;
            for (int64_t j = 0; j < tg_dataset_features(set); j++) {
                double pixel = tg_dataset_at(set, i, j);
                assert_true(pixel >= 0 && pixel <= 1);
                least = fmin(least, pixel);
                most = fmax(most, pixel);
            }
            assert_true(most - least > (m ? 0.15 : 0.6));
            per_class[tg_dataset_label(set, i)]++;
        }
        for (int k = 0; k < 10; k++) assert_in_range(per_class[k], 60, 140);
        tg_dataset_free(set);
    }
}

static void requests_without_sense_are_refused(void **state) {
    (void)state;
    tg_status status = {0};
    assert_null(tg_digits((tg_images_spec){.count = -1}, &status));
    assert_true(status.failed);
    assert_null(tg_digits((tg_images_spec){.count = 1, .difficulty = NAN}, NULL));
    assert_null(tg_house_numbers((tg_images_spec){.count = 1, .dtype = TG_I32}, NULL));
    assert_null(tg_blobs((tg_points_spec){.count = 1, .features = 1000000}, NULL));
    assert_null(tg_blobs((tg_points_spec){.count = 1, .classes = -1}, NULL));
    assert_null(tg_moons((tg_points_spec){.count = 1, .noise = NAN}, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_lie_on_two_rings),
        cmocka_unit_test(moons_and_spirals_follow_their_curves),
        cmocka_unit_test(blobs_have_a_centre_per_class),
        cmocka_unit_test(pictures_do_not_depend_on_threads_or_count),
        cmocka_unit_test(pictures_are_bright_varied_and_of_ten_classes),
        cmocka_unit_test(requests_without_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
