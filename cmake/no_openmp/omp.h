/* omp.h: for compilers that have none. The header of a BLIS that was built with OpenMP includes it, and uses nothing
   of it. */
