"""State in the token: what the service needs to know travels with the request, signed by the issuer.

| module | what it shows |
|---|---|
| `anatomy` | a token taken apart: what anybody can read without any key |
| `keys` | signing keys, key sets, and the ring that an issuer signs with |
| `reading` | the strict reading of a token's text, before any key is touched |
| `access` | access tokens: issue and verify |
| `refresh` | refresh tokens: rotation, families, reuse detection |
| `refusals` | why a token was refused, one word each |
| `revocation` | ways to end an access token before its time, as parts that can be exchanged |

`sessions` is the other door; the two never import each other.
PyJWT's errors stay as they are here: `jwt.ExpiredSignatureError` is what you will meet in your own service.
"""
