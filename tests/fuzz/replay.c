/* Plays a target's corpus in `make check`, without libFuzzer: each file as it
 * is, then each cut of it and each byte changed, so that a seed stands for its
 * neighbours. One TAP line a file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "fuzz.h"

#define FILE_MAX ((size_t)1 << 20)
#define NEIGHBOURS_MAX 1024	/* longer files are played as they are */
#define SECONDS 300

/* On the heap without a byte to spare, so that reading past it is found. */
static void play(const unsigned char *p, size_t n)
{
	unsigned char *own = malloc(n > 0 ? n : 1);

	if (own == NULL)
		abort();
	memcpy(own, p, n);
	LLVMFuzzerTestOneInput(own, n);
	free(own);
}

static void play_neighbours(struct bytes in, struct arena *a)
{
	static const unsigned char flips[] = { 0x01, 0x20, 0x80, 0xff };
	unsigned char *p = arena_memdup(a, in.p, in.n);

	for (size_t n = 0; n < in.n; n++)
		play(p, n);
	for (size_t i = 0; i < in.n; i++)
		for (size_t k = 0; k < sizeof(flips); k++) {
			p[i] ^= flips[k];
			play(p, in.n);
			p[i] ^= flips[k];
		}
}

static int is_seed(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *corpus = getenv("FUZZ_CORPUS"), *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	struct arena *a = arena_new();
	struct dirent **seeds;
	char *dir;
	int n;

	(void)argc;
	if (corpus == NULL || !str_has_prefix(name, "fuzz_")) {
		printf("Bail out! FUZZ_CORPUS is not set, or this is no fuzz_ program\n");
		return 1;
	}
	dir = file_path(a, corpus, name + strlen("fuzz_"));
	n = scandir(dir, &seeds, is_seed, alphasort);
	if (n <= 0) {
		printf("Bail out! no corpus in %s\n", dir);
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		char *path = arena_strdup(a, file_path(a, dir, seeds[i]->d_name));
		struct err e = ERR_INIT;
		struct bytes in;

		alarm(SECONDS);
		if (file_read(path, FILE_MAX, a, &in, &e) < 0) {
			printf("Bail out! %s\n", e.msg);
			return 1;
		}
		play(in.p, in.n);
		if (in.n <= NEIGHBOURS_MAX)
			play_neighbours(in, a);
		printf("ok %d - %s\n", i + 1, seeds[i]->d_name);
		fflush(stdout);
		free(seeds[i]);
	}
	free(seeds);
	arena_free(a);
	return 0;
}
