/**
 * "Iris" by R. A. Fisher (1936), UCI Machine Learning Repository, licence CC BY 4.0; where the
 * repository's copy differs from the paper in two rows, the paper's values. 150 flowers, 50 of each
 * species in turn, four lengths each. Changed in form only. Written by .ci/bundle_data.ts; iris.ts
 * reads it.
 *
 * @module
 */

/** The lengths in millimetres, a byte each, in base64. */
export const IRIS = `
MyMOAjEeDgIvIA0CLh8PAjIkDgI2JxEELiIOAzIiDwIsHQ4CMR8PATYlDwIwIhACMB4OASseCwE6KAwCOSwPBDYnDQQzIw4DOS
YRAzMmDwM2IhECMyUPBC4kCgIzIREFMCITAjIeEAIyIhAENCMPAjQiDgIvIBACMB8QAjYiDwQ0KQ8BNyoOAjEfDwIyIAwCNyMN
AjEkDgEsHg0CMyIPAjIjDQMtFw0DLCANAjIjEAYzJhMEMB4OAzMmEAIuIA4CNSUPAjIhDgJGIC8OQCAtD0UfMQ83FygNQRwuDz
kcLQ0/IS8QMRghCkIdLg00GycOMhQjCjseKg88FigKPR0vDjgdJA1DHywOOB4tDzobKQo+Fi0POBknCzsgMBI9HCgNPxkxDz0c
LwxAHSsNQh4sDkQcMA5DHjIRPB0tDzkaIwo3GCYLNxglCjobJww8GzMQNh4tDzwiLRBDHy8PPxcsDTgeKQ03GSgNNxosDD0eLg
46GigMMhchCjgbKg05HioMOR0qDT4dKw0zGR4LORwpDT8hPBk6GzMTRx47FT8dOBJBHjoWTB5CFTEZLRFJHT8SQxk6EkgkPRlB
IDMUQBs1E0QeNxU5GTIUOhwzGEAgNRdBHjcSTSZDFk0aRRc8FjIPRSA5FzgcMRRNHEMUPxsxEkMhORVIIDwSPhwwEj0eMRJAHD
gVSB46EEocPRNPJkAUQBw4Fj8cMw89GjgOTR49Fz8iOBhAHzcSPB4wEkUfNhVDHzgYRR8zFzobMxNEIDsXQyE5GUMeNBc/GTIT
QR40FD4iNhc7HjMS
`;
