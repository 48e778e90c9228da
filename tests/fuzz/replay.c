/* replay.c: gives a fuzz target every file of the folders named on the command line. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 1000000 /* bytes of an input */

/* 1 for a file that was replayed, 0 for what is none. */
static int replay(const char *folder, const char *name, uint8_t *bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = name[0] == '.' ? NULL : fopen(path, "rb");
    if (!file) return 0;
    size_t size = fread(bytes, 1, MOST, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    return 1;
}

int main(int argc, char **argv) {
    uint8_t *bytes = malloc(MOST);
    int count = 0;
    for (int i = 1; i < argc && bytes; i++) {
        DIR *folder = opendir(argv[i]);
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            count += replay(argv[i], entry->d_name, bytes);
        if (folder) closedir(folder);
    }
    free(bytes);
    printf("%d inputs\n", count);
    return count == 0;
}
