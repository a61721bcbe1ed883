/*
** SQLite with its ciphers, as one unit that exports nothing but names of ours.
**
** Each function of the SQLite interface is static here. The program reaches them through the table that SQLite keeps
** for loadable extensions, so another SQLite may stand beside this one with its symbols.
*/
#define SQLITE_API static
#define SQLITE_EXTERN

/*
** The ciphers give these names external linkage, some of which libsodium has as well.
*/
#define crypto_onetimeauth_poly1305_donna_implementation memorygraph_sqlite_poly1305_donna
#define crypto_onetimeauth_poly1305_sse2_implementation memorygraph_sqlite_poly1305_sse2
#define crypto_stream_chacha20_dolbeau_avx2_implementation memorygraph_sqlite_chacha20_avx2
#define crypto_stream_chacha20_dolbeau_avx512_implementation memorygraph_sqlite_chacha20_avx512
#define crypto_stream_chacha20_dolbeau_neon_implementation memorygraph_sqlite_chacha20_neon
#define crypto_stream_chacha20_dolbeau_ssse3_implementation memorygraph_sqlite_chacha20_ssse3
#define crypto_stream_chacha20_ref_implementation memorygraph_sqlite_chacha20_ref
#define crypto_stream_chacha20_ietf_ext memorygraph_sqlite_chacha20_ietf_ext
#define crypto_stream_chacha20_ietf_ext_xor_ic memorygraph_sqlite_chacha20_ietf_ext_xor_ic
#define crypto_stream_chacha20_ietf_xor_ic memorygraph_sqlite_chacha20_ietf_xor_ic
#define crypto_stream_chacha20_pick_best_implementation memorygraph_sqlite_chacha20_pick_best
#define crypto_stream_chacha20_xor_ic memorygraph_sqlite_chacha20_xor_ic
#define sqlite3mcChaCha20HwAccelerated memorygraph_sqlite_chacha20_accelerated
#define sqlite3mcChaCha20HwConfig memorygraph_sqlite_chacha20_config

#include "sqlite3mc_amalgamation.c"

/* Returns SQLite's own functions. The table is constant and lives as long as the program. */
const sqlite3_api_routines *memorygraph_sqlite_api(void) {
  return &sqlite3Apis;
}
