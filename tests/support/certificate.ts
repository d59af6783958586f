/**
 * A certificate for Amazon's host names in a region that does not exist, from an authority of the
 * tests' own whose key was thrown away. It vouches for nothing outside them: nobody trusts the
 * authority.
 *
 * @module
 */

/** The authority. */
export const AUTHORITY = `\
-----BEGIN CERTIFICATE-----
MIIBqTCCAU+gAwIBAgIUCDWvvuBpLPr24OW61AsEgOuRHFkwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWczNjcmVkcyB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjIwNDU0
NTlaGA8yMTI2MTAyOTA0NTQ1OVowITEfMB0GA1UEAwwWczNjcmVkcyB0ZXN0IGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA46rFV9Z1ouyjtEl5MT
Cm6u500tcM0uiySpM+iCdYgz6s9XR0EtUmEgTejqbli6Wp84+ZNAYJz7OotTqj/P
2AujYzBhMB0GA1UdDgQWBBRq+zv3FssSl7vtSjbrZSU149qsgDAfBgNVHSMEGDAW
gBRq+zv3FssSl7vtSjbrZSU149qsgDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB
/wQEAwICBDAKBggqhkjOPQQDAgNIADBFAiEAsnSUoEXr87193m47rqJqiVSzetQG
NTJxNgR9UHaQSLMCIF5MMc5XH1N+DirAq5i50KODVl+ujHmFT2e1oNxsI0SP
-----END CERTIFICATE-----
`;

/** The certificate of `*.us-test-1.amazonaws.com`, and of the names that S3 makes of a bucket. */
export const CERTIFICATE = `\
-----BEGIN CERTIFICATE-----
MIICJjCCAcugAwIBAgIUCP6RYuEC47tfVjTj3/WHNtb26hAwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWczNjcmVkcyB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjIwNTAw
MzBaGA8yMTI2MTAyOTA1MDAzMFowHjEcMBoGA1UEAwwTczNjcmVkcyB0ZXN0IHNl
cnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPbiiFuDaoyfRbL0YnCTVfey
mAy9HlIQZTaG0z4sDej2EJncdJlRAsQIUdtf7KKFcT0hWYe7TER/V1m+wGcL7qyj
geEwgd4wDAYDVR0TAQH/BAIwADB5BgNVHREEcjBwghkqLnVzLXRlc3QtMS5hbWF6
b25hd3MuY29tghwqLnMzLnVzLXRlc3QtMS5hbWF6b25hd3MuY29tgiQqLnMzLWNv
bnRyb2wudXMtdGVzdC0xLmFtYXpvbmF3cy5jb22CD2lhbS5hd3MuaW52YWxpZDAT
BgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUPpmP9RxhQ3umcefeEf5fjq00
uBIwHwYDVR0jBBgwFoAUavs79xbLEpe77Uo262UlNeParIAwCgYIKoZIzj0EAwID
SQAwRgIhAPHP5/6Ao9rx40k1ZdVJKx5FGry8z4PAexjz1ZLiBYXxAiEAo449hK7U
W0v2WCmOlzfbO8vWmsV7zI2tlv2sPfgrFY4=
-----END CERTIFICATE-----
`;

/** Its private key. */
export const CERTIFICATE_KEY = `\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8NfF9ppLMXjjzzQC
WyzyH+y+kXv5a3crbMIHvZlMZm2hRANCAAT24ohbg2qMn0Wy9GJwk1X3spgMvR5S
EGU2htM+LA3o9hCZ3HSZUQLECFHbX+yihXE9IVmHu0xEf1dZvsBnC+6s
-----END PRIVATE KEY-----
`;
