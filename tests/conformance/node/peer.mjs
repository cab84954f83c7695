// Other vendors' verdict on what we issue. One JSON request a line on stdin, one JSON answer a line on stdout.
//
// A request brings every document that a verifier would fetch (contexts, DID documents, keys, status lists) in
// `documents`, by URL; nothing else is ever loaded. Answers: {verified, reason} or, for `sign`, {document}.
import * as readline from 'node:readline';
import crypto from 'node:crypto';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {checkStatus as checkBitstring} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {digest} from '@sd-jwt/crypto-nodejs';
import * as jose from 'jose';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const suites = () => [eddsaRdfc, ecdsaRdfc].map(cryptosuite => new DataIntegrityProof({cryptosuite}));

const loader = documents => async url => {
  const [base, fragment] = url.split('#');
  const found = documents[url] ?? documents[base];
  if(found === undefined) {
    throw new Error(`not there: ${url}`);
  }
  if(fragment && found.verificationMethod) {
    const method = found.verificationMethod.find(each => each.id === url);
    if(!method) {
      throw new Error(`no such key: ${url}`);
    }
    const document = {'@context': 'https://w3id.org/security/multikey/v1', ...method};
    return {contextUrl: null, documentUrl: url, document};
  }
  return {contextUrl: null, documentUrl: url, document: found};
};

// checkStatus().verified is true for a revoked credential: the bit is in results[].status.
const status = async options => {
  const result = await checkBitstring({...options, suite: suites()});
  const revoked = result.results?.some(each => each.status);
  return {verified: result.verified && !revoked, error: revoked ? new Error('revoked') : result.error};
};

async function dataIntegrity({credential, documents, now}) {
  const result = await vc.verifyCredential({
    credential, suite: suites(), documentLoader: loader(documents), now, checkStatus: status
  });
  const error = result.error?.errors?.[0] ?? result.error ?? result.statusResult?.error;
  return {verified: result.verified, reason: error && `${error.message}`};
}

async function keyOf(documents, kid, issuer) {
  const {document} = await loader(documents)(kid);
  if(document.controller !== issuer || !documents[issuer].assertionMethod.includes(kid)) {
    throw new Error('the key is not the issuer\'s');
  }
  return jose.importJWK(document.publicKeyJwk, 'ES256');
}

async function vcJwt({token, documents, now, typ}) {
  const {kid} = jose.decodeProtectedHeader(token);
  const {issuer} = jose.decodeJwt(token);
  const key = await keyOf(documents, kid, issuer.id ?? issuer);
  const {payload} = await jose.jwtVerify(token, key, {
    algorithms: ['ES256'], currentDate: new Date(now), requiredClaims: ['iss', 'jti', 'nbf', 'sub'],
    ...(typ ? {typ} : {}), issuer: issuer.id ?? issuer
  });
  if(payload.jti !== payload.id || payload.sub !== payload.credentialSubject.id ||
    payload.nbf !== Date.parse(payload.validFrom) / 1000 ||
    (payload.validUntil && payload.exp !== Date.parse(payload.validUntil) / 1000)) {
    throw new Error('a claim contradicts the credential');
  }
  const listed = await status({credential: payload, documentLoader: loader(documents)});
  return {verified: listed.verified, reason: listed.error && listed.error.message};
}

async function sdJwt({token, documents, now, binding}) {
  const {kid, typ} = jose.decodeProtectedHeader(token.split('~')[0]);
  if(typ !== 'dc+sd-jwt') {
    throw new Error('typ');
  }
  const {iss} = jose.decodeJwt(token.split('~')[0]);
  const metadata = documents[`${iss}/.well-known/jwt-vc-issuer`];
  if(metadata?.issuer !== iss) {
    throw new Error('the metadata is another issuer\'s');
  }
  const jwk = metadata.jwks.keys.find(each => each.kid === kid);
  const key = await jose.importJWK(jwk, 'ES256');
  const verifier = async (data, signature) => {
    await jose.compactVerify(`${data}.${signature}`, key, {algorithms: ['ES256']});
    return true;
  };
  const kbVerifier = async (data, signature, payload) => {
    await jose.compactVerify(`${data}.${signature}`, await jose.importJWK(payload.cnf.jwk, 'ES256'));
    return true;
  };
  const instance = new SDJwtVcInstance({
    hasher: digest, hashAlg: 'sha-256', verifier, kbVerifier, statusVerifier: verifier,
    statusListFetcher: async uri => documents[uri],
    statusValidator: async value => {
      if(value !== 0) {
        throw new Error('revoked');
      }
    }
  });
  const currentDate = Math.floor(Date.parse(now) / 1000);
  const {payload} = await instance.verify(token, {currentDate, ...(binding ? {keyBindingNonce: binding} : {})});
  // The library drops a disclosure that nothing refers to; RFC 9901 clause 7.1 wants it refused.
  const disclosures = token.split('~').slice(1, -1);
  const referred = JSON.stringify(jose.decodeJwt(token.split('~')[0]));
  for(const disclosure of disclosures) {
    if(!referred.includes(crypto.createHash('sha256').update(disclosure).digest('base64url'))) {
      throw new Error('a disclosure belongs to nothing');
    }
  }
  return {verified: true, claims: payload};
}

async function sign({credential, documents, seed, method, created}) {
  const did = method.split('#')[0];
  const key = await Ed25519Multikey.generate({seed: Buffer.from(seed, 'hex'), controller: did, id: method});
  const suite = new DataIntegrityProof({signer: key.signer(), date: created, cryptosuite: eddsaRdfc});
  const document = await vc.issue({credential, suite, documentLoader: loader(documents), now: created});
  return {document};
}

async function bench({credential, documents, seed, method, seconds}) {
  const key = await Ed25519Multikey.generate({seed: Buffer.from(seed, 'hex'), controller: method.split('#')[0], id: method});
  const documentLoader = loader(documents);
  const issue = async number => {
    const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite: eddsaRdfc});
    const fresh = structuredClone(credential);
    fresh.id = `urn:uuid:${crypto.randomUUID()}`;
    fresh.credentialSubject.name = `Learner ${number}`;
    await vc.issue({credential: fresh, suite, documentLoader, now: credential.validFrom});
  };
  for(let number = 0; number < 20; number++) {
    await issue(number);
  }
  const before = process.cpuUsage();
  const end = Date.now() + seconds * 1000;
  let count = 0;
  while(Date.now() < end) {
    await issue(count++);
  }
  const used = process.cpuUsage(before);
  return {count, cpuSeconds: (used.user + used.system) / 1e6};
}

const answers = {dataIntegrity, vcJwt, sdJwt, sign, bench};

for await (const line of readline.createInterface({input: process.stdin})) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = await answers[request.ask](request);
  } catch(error) {
    answer = {verified: false, reason: `${error.message}`};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
