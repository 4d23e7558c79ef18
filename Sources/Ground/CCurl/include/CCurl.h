#pragma once
#include <curl/curl.h>

// libcurl's option functions are variadic, which Swift cannot call: one function for each type of argument.

typedef size_t (*retort_curl_callback)(char *bytes, size_t size, size_t count, void *context);

CURLcode retort_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode retort_curl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode retort_curl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode retort_curl_set_callback(CURL *easy, CURLoption option, retort_curl_callback callback);

/// Copies `count` bytes as the body to send.
CURLcode retort_curl_set_body(CURL *easy, const void *bytes, size_t count);

/// Allows http and https and nothing else (libcurl also speaks file, ftp, gopher, …).
CURLcode retort_curl_allow_http_only(CURL *easy);

/// The context given with CURLOPT_PRIVATE.
void *retort_curl_private(CURL *easy);
