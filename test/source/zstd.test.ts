import { describe, expect, it } from 'vitest';
import { concat, payload, pcapHeader, pcapRecord, readBytes, u32 } from './capture-bytes.ts';

/** `capture` below, compressed by the zstd program at level 19, with a checksum. */
const COMPRESSED =
  'KLUv/WQaTdVFAGp7EBc+IJzbugErAIGhQktLTSTSKz8YBUREQGQkYagJFxFTEVWJITIzU1vbTFvbTVtb3d3djYERxRGbiIhEdnf3TgFjAXYBZgFe0oC4kCSXW0qaFA9IcBc56yVx5HajMyqwMPI70BknXJGu6ZxZQoOI7zRngmIUcN3lrMwAQ3pHOUMSgZCtiZztYBJEa0ZlanABkjWgsi7Y/MB6TpkQeybgjabs0iIJdnMpS1QpgquhlLXJ5EM3BWVQOEGQe1EZAqAewP1nDI4rHLiNwdgYtwZ+nxkDdQYDXW8ZiwG2gO8nY5J2KMDF9ZAxOj4S6K1oDMsSBLb2M+ZjywFaXzA2W2NA1mbCeHp6YK0lDApFBfB2EqYJBB67hYRRaoGAqxOF8dlhAN19wsAgsSO3nLAhVgiAu0xYVRkB3M7y1WUGAL+bfGHx0tF1kC8fBLDyjejLBAiquObzRUgJVe84X2i0TG1N5muJGimtsXzxyBOVNZPbSGTDGshfUKrxPnQRmGi794xJh9nVcGZ0hEz3mOFUEct95SlkwHAveYHf6/aPv3PmjH+V/V8WJsMPTXARWjdJ1am2JyvrIKlK6KEHa0SpBgHJw5tPqjNQ8OyOk0oJmDtXk0lFABw7Ot1YTrHxp05uJqe8eEQHN5BTRIww5/ahUyzEgMHvPacW+XBB13BOvWFCju8xp6RsEYfrK6cUuILTe0kpOdZ4s/WPUjeaG60NlVqigDZZ6yk1ww82WL8ptcGTNbwtKGXni5rdVkppeZPmaiWlJPCDRqdbUqmaozO5C43KsmQGd55RUcBQ5rabUZs6kfktZlSlJcZ0XWWUHy0s8J1klBidGK4jjSKiRpjehEYBMAOzNZ62M3h80bpNmxYTeMk6TJsnJ12wptKGghcuvJG0GXKzZTekNjV9tFw9qK1Joyw63XfaeoiAJTebNTdeuIIbzBoYPVi5XcHaJyWq/D6ylikLKl0/WnOUq8B3Bmty0pjCtZ21KjIpvdesOUBAlK2/rMEkgKL1lDRdkydZWRtJC9XFCdaO0mxo04S3oLRJfJjsrpOWh9GSq9WkdQlBie5nM3bJTqZe78GMJTLUwtZXMNZmEiatPzIG5RILWf9oDAFNK2B9BmFwFHGJ93bCxpBChd3u14SBCiOFq/8SBgMXCjrdTwmLFMcJuTcSRsfKBBzuHYVhYaCE2wsK82GEhN/vOmEzKyN0reaLZ8aSz7eXLyjqiMDFtZQvTYVC6PUu8kWpg0pbN/riowIIWgf6AoMDpazpfA0h4gOs03xVReEB7y53gTFptzvKV/Q6uJrIneDgQKeb0SZUbZAb0IQW0AA3Z04RSbfRvKRKpN9c5lEGUtdQ6ngywyOfbwrqOMCTI64XtXojVKNe7z+txOiC0dYYtEKCt0jrM61eaENR1ltaRbIlwvpJqzkGIOI9pNWVIId2uxW1giCKoav9tJKFKaTTfcGqXRxCuc2segLQINxaVuEAKYPbTlZ9QIKg30JW7ZEhUNeJVn35AZDvPquENPGHazmrqLjw0+tdJpVv12frLKmsYINPWN+nLQpKUPBeTtsmTE/sdl+mrZIOTlx9ljY/R4TS6b5Jm5gqmsh9kDYiZDCBwz2iNh2/JW7PZ+2MSvx+H2dNiwCS6Hoya54eAOXzPZY1FJIgwfVM1gxlOaLXeyBratJ82vpDa03wGKH1e9Z6ICoi6+GkufEBEVg/Jg0MFobg/ZW0T5uE2O1+SVqmT0Fc/Y80R1QAodO9oTQ5Y3jKvZ40Kl0/4HD/Jq2BOXy4vQVpMAA6/X5v5UznQA9dr+QsFBIefL6XdGYDFk5cX+hsEpoder3Pc5bnjg5b7+asy6FNWi/mDIgHOWR9lTOpFTRhfZKyXg448D5SGRVG3LDbPaEyTlPYcPV4yiyJUYNO923KAvloyH2YMjJyzIDDPZUyJDpkuD2Ssh0NxPD7PaQxNY7A0PWDxrq48oLP93fGhDjjAteCWKgSAMgwIeL33xKgKkLk82aiC/jC//8zxBiFIHxnK4arHZKU5/GvC7yUwrVK2r6ZEjNFKN/qGc0mwHFY7VGI18e66ZEScdXp5Mgr8cRErsUDSybvHJxW5Ox6KkXPBAQeWtq9kRQFkYQ3drzkg259m25o0fWibnPIhzhEahQgf72DEGYHfSbWb4HspSBTZj7dcs5GxL/ghIjvOUOYm5nniRPGKuk9XyPmg/ROUS4isk2RSOoKFbCuB/H8YO5aQy3Js7awo3cKixhtrxkR6dsnoO3Xmxm8iEpTFulsbT+h+xjyIAqXCEIaT38AY9PM5ny8tMgQmwOoMj/vj5jwcws8GPzOgr1q1xUfM1piuLdQqvl3PnCxGPxnlqkcVts5FKi0gufz6aYGbxIPwlmFDHwtZYb1Zu7TB6Bw3hpvX9eAgdYycx4xE/iKsy/DYcYuA34PNW7G0Xf8JqpoOdPYKqGvD3sx4mJkkcZ7bmMXQ+fmszNhPOtpRGJe52VhSYp3K439v44p+vxWr01LcCWzGyvPt9bYJyZujTT8v4oluvwWr0qnt4q5F8sOpxr5iog7k3b/lHFEi8/eNanZrV70YdHxUqMe8XBjJqf4fPUPFtauPmP+1tuTgGTWfHo4Y0bjF554fo4M+82ZN+JnbKlxfyGWJ30XxkXDPie53YIL7YogvAX315WCyIOXreirNBEb/Vbk9d9NqHaU24Avq+pEuAO2fujJEDdovNMQl093YLLa2vzHnQJ5IwdVSfYYn6OAeAk+WHzPgr1q1xUfM1piuLeQ6ne+LzH4mU4d5jbhQKs009WOfy4QxhqYZDdfzwn8t5oNY98+oNLSZ5XHbKofYTbIexmkR8D+3z6WMXXYP0czlOe9tkS+npiJJS9ezrT+f4tdDB23z84I41lvS+Je52VgzYpnI23/18Yqdo7dMzNDeMrTjpjX0zK/YkKSaqXh3o0VSeDkrcXLK1vpPYdfHVFud73qnWdFiHbJSrORQys5oloBEmrJGg==';
/** The same from a pipe (no content size, a window), at level 3. */
const STREAMED =
  'KLUv/QRYnUoASm80FSAgtqQxCqwNhnlXAAAA4FSgqhqkSLBEI6Q10sgme5NNUjoBOQFVAWMgMve00M7oKKbOPSu0JjoSMXRPCi2HjiYu3XNCS6bjAlT3lNBeqQ8crntGaJfUR+zYPSG0rg/VvOeDVkZ9isR7OmhL1LdmwD0btBvqa0LhngzaMfW9wLvngtZKfRRk3FNBq6Q+Usg9E7Q+KjaTck8EbYyKscbc80BLoqIkOvc00GqoOKfQPQu0YipSsXRPAm2VijdO3XNAm6Tihlv3FND2qCg0ds8ALYz2ql27JwBrbV57uXr3rKvWZmhvk4B7Dqm1YdrjM+Gewmktlfa6iLgnnbQWSXs/YtxzLlrLoz28IPcMQmtftGcgyj3lnnVE203MPYHOatcCm3PPslnBtKMI3fPHrFNaQpXuSS7rkbaMqXuOyrqjPWLrnr5kddGmKHZPEVnxWgfW7tk7hqFt79m2vY4dKy7i1KpXO1oWlbOy65462hCVy6HsnjlaNZXroO2eONoulQNA3vNGC6XAaeCeNloiBe66cM8aLY4CO5G4J412RYF+atxzRntX4Jci95TRpikwSJV7xmi5FJhn5p4w2heI4M49X7RDWnpDdE8X7Y2WwTLds0WromUpVfdk0YJoaUjXPVe0aFqeSXZPFe2Wlkmy3TNF+6Qli/GeKFohLSMUuOeJ1kZL0cI9TbQp+lOWd88S7Yf+XNG4J4n2TH+PiNwzr9XSHxwq9xzROukvSpl74rVB+qNh554i2hr92R26Z4gWRX9BTPe8az2UlJbqniBaMyVr5brnhzZLyUvI7umhbVISD7Z7dmiBlNTiuyeHlkbJHgTuuaE9UfKuwj01tB1KDhhxzwxtmY7aZtzTrsXS0deQe2JomXQENeWeF9ofDZ5yekJZ94zTasHuCae4pN3zTTWBu6eb8hHes027OLgnm/7wcM81xWNxTzU10OOeaepKMLonmjoFne55ZvjN1T3NDIf5umeZ4alm9yQzRNTtnmOGaoD3FDNkkuCeYYYuMtwTzHDCiXt+GY447ulFyAzJPbsIYWG5JxdhpDT33CKUo+eeWoRTFt0zi9AGp3tiEWpodc8rQrpe97RCR43ZPavQ3eJ2Typ0msp7TqHbg+CeUui42N0zCp1N3BMKnYgb9zxdgSP3fDLH7co9ncz9QnPPJnOi8tyTydwgRfdcMkdm0z2VzBlhdc8kcyh43RPJXINl9zwSFLftnkaCx373LNJ+aXDVgXsSaaU0yAjDPYe0RhpsU+KeQlodDT6xcc8gbYsGYxi5J5BWRIMWrNzzR7umwfLMPd16qdwzPPf00UapnKxE9+zRFqkcJU335NHmqFydVfcMQFlz7hkLSInQPWEB61S65yugFVP3dAXMYeuerYAdit2TFbDO2j1XlbP3VFXuCnDPVGUnCfdEVfoJcc9T5RcY9zRVBgFyz1JlHpR7kioRhLnnqJ83OfcU9Qs26J6hfqUo3RPUz1Cpe376nal1T0+/JMTu2em3oto9Of0gjLvnpp8I4J6aSGUR7pmJdHV3T0zkoxf3vETC+XFPS2SU37MSSQPMPSmRdnHuOYkMCrqnpFHapHtGGmuRuiek8RKtez4a8Qy7p6MxC7V7Nhp5iLsno/Gu7p6LxgEQ7qnIpw3EPRP5fLm4JyIfKN/zkC/Qk3sa8on5cs9CPiJw7knIZyLQPQf5Fki6pyAR3Kh7BhKJzbonIBGVsHv+ERNNu6cfUU24e/YRmwzvyUd88eCee0QKH+6pRyRb3DNPr5mPe+LpxXJyzzs9SV7uaac358096/SoALonnd6NSPec09sg6gGCGqjCLOE2Ccbncgr4wlNGHxKIMgjCRRACBEEQBCFQEITAREiEECExhikuZQ8c9u4RaxgnD3ZTsAYxLK5DsEY5sO4WxhpWdldijc83DGINdFq3hACskd8Yz4WxhrjkgbUl1ijK/DglrCErdX2bYY15J7qxRgRlArFGOot0l2qsIdGcGo6wxlj04X0I1jCWYYRqrDFrvglCYo2vOF2xRqevcrBG2mrp9MQaUuYscwhrjN89JAlrSIttSwlrvLmlEgdrrOzqxRrVV6JPW6xBXH1lorBGB8OszIg1jE+oGResUSyTJRVYQ9aUFjmPNTJWtWKN/ivNox3WIKI+K9FYo3thR2bHGkYmXHnAGtmq7+jAGlLi1cZprDF8U0+sUb+M/BnCGrjpOpKMNYoWjWN2rGFk/MgJ1miW7IoO1lCKrCeuscbTRS2xRvxq8WYIa+CkC0cy1ihWdIrZsYaR4RsnWKNZchs6WEOpHrtYI789AVjDeSr40oI1iBEhRTjWSFMkDWOxhjvZE19Yo1KGBSWxhp0WQ1gjxJrYsIb9tD8pjjVoCKchgjW6E3bBDKxhzOCFc6zRLNn9TKyhR4c5rFHxlhisoeBEGkqxBuojF8TDGq3E5C8Ya4hpd+CGNcqFtZ4Ia6hvMI41mlwSizUUm3hBGdZAeWT+MFijHTHaC2MNcZruW2KNsrC388Iayt/FYo1mOWJhDUUT8yeNNdCO3B4Oa7SDe8AQ1hBn5rwJ1miUzHJKrOH0uR7WqJMiFtaQZFZ7ZqxB5Gjv2LFGEanzJWANbTauG7BGsczuJmMNK4MrsUbnJwJiDZUyz58Ea+AzRnQ81igHcrycWENP9uNGWKMF/UCxRl6KX1ijhpxoWGOf9h9JxxoSFuBQgDWuOdciBmu8OzNCOtbQnkgQa4iaM4k1DOw1D2vQIC8pZDh2YLxPFQKU2tJ20Yw6j2RXLVmsbQdWtUwSc3AspSeB24izZOvd9lmcAKv4lJBWrZhUK02O2ZFHrusLTX1HzH26+THyTpf7Gq2XPF5Iozn+rEiS1G/HDmHM3P1I/Eg355NbbVQ5PoS6/sezUeRYgzt2AMmnehFj77xcjTRaaWJUjpgG6F+Qp0gOHhS+nY1pJcM90rdD1isJ5MhPxIO40jMh/UP9fW9jz62EIR4b6l9AQMVfEhzSxPa//ELa476+U24bmLcO/a2R2BCHS2xtY29amNa0SxsbQ/z/nVOAR2LkWz1c+nRFqgOE26xdVS52tgiC/XDs4SXAbjsdTOmTFe8WqfoovEq3uV0dAG84uDzgTC5POYbL05Mo5x5Gc/gcwcER/eSnMSrK814SLVreF9Ci5R7hiC79shAte3MZHfbBLJrUQ2V0nq1LYxESaska';

function makeCapture(): Uint8Array {
  const parts = [pcapHeader()];
  for (let i = 0; i < 200; i++) {
    parts.push(pcapRecord({ sec: 1_700_000_000 + i, sub: (i * 7919) % 1_000_000, data: payload(40 + ((i * 13) % 90), i) }));
  }
  return concat(...parts);
}

const capture = makeCapture();
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** Type 0 raw, 1 run length; RFC 8878, section 3.1.1.2. */
function zstdBlock(content: Uint8Array, isLast: boolean, kind = 0, size = content.length): Uint8Array {
  const head = (size << 3) | (kind << 1) | (isLast ? 1 : 0);
  return concat(Uint8Array.of(head & 255, (head >> 8) & 255, head >> 16), content);
}

/** A frame without content size; `window` is the window descriptor (0x50: 1 MiB). */
const zstdFrame = (blocks: readonly Uint8Array[], window = 0x50): Uint8Array =>
  concat(u32(0xfd2fb528, true), Uint8Array.of(0, window), ...blocks);

const rawFrame = (bytes: Uint8Array): Uint8Array => zstdFrame([zstdBlock(bytes, true)]);

describe('zstd', () => {
  it('gives the same frames as the plain file', async () => {
    const plain = await readBytes(capture);
    for (const text of [COMPRESSED, STREAMED]) {
      const read = await readBytes(fromBase64(text));
      expect(read.format).toBe('pcap+zstd');
      expect(read.frames).toEqual(plain.frames);
      expect(read.end).toEqual({ kind: 'complete' });
    }
  });
  it('reads several frames, tiny ones, and skippable ones before and between', async () => {
    const skippable = concat(u32(0x184d2a57, true), u32(700_000, true), payload(700_000));
    const bytes = concat(
      skippable,
      rawFrame(capture.subarray(0, 1)),
      rawFrame(capture.subarray(1, 1)),
      skippable,
      zstdFrame([zstdBlock(capture.subarray(1, 2000), false), zstdBlock(capture.subarray(2000), true)]),
      fromBase64(COMPRESSED),
      skippable,
    );
    const read = await readBytes(bytes);
    expect(read.end).toEqual({ kind: 'complete' });
    expect(read.frames).toHaveLength(400);
  });
  it('names a cut at any place, and keeps whole blocks before it', async () => {
    const third = Math.floor(capture.length / 3);
    const packed = zstdFrame([zstdBlock(capture.subarray(0, third), false), zstdBlock(capture.subarray(third, 2 * third), false), zstdBlock(capture.subarray(2 * third), true)]);
    let before = 0;
    for (let length = 2; length < packed.length; length += 37) {
      const read = await readBytes(packed.subarray(0, length));
      expect(read.end.kind).toBe('truncated');
      expect(read.frames.length).toBeGreaterThanOrEqual(before);
      before = read.frames.length;
    }
    expect(before).toBeGreaterThan(120);
  });
  it('names what is damaged or asks for too much', async () => {
    const first = rawFrame(capture);
    const cases: [Uint8Array, RegExp][] = [
      [payload(40), /octets between zstd frames that are no frame/],
      [zstdFrame([zstdBlock(payload(4), true, 3)]), /a zstd block that cannot be right/],
      [zstdFrame([zstdBlock(payload(4), true, 0, 200_000)]), /a zstd block that cannot be right/],
      [zstdFrame([zstdBlock(payload(400), true, 2)]), /the zstd data are damaged/],
      [zstdFrame([zstdBlock(payload(4), true)], 0xf8), /a zstd window of 2199023255552 octets/],
      [concat(u32(0xfd2fb528, true), Uint8Array.of(3, 0x50, 1, 0, 0, 0), payload(20)), /need a dictionary/],
    ];
    for (const [bytes, reason] of cases) {
      const read = await readBytes(concat(first, bytes));
      expect(read.frames).toHaveLength(200);
      expect(read.end.kind).toBe('corrupt');
      expect(read.end).toHaveProperty('reason', expect.stringMatching(reason));
    }
  });
  it('names a wrong checksum, and keeps all frames', async () => {
    const bad = fromBase64(COMPRESSED);
    bad[bad.length - 1] = (bad[bad.length - 1] as number) ^ 1;
    const read = await readBytes(bad);
    expect(read.frames).toHaveLength(200);
    expect(read.end).toEqual({ kind: 'corrupt', offset: capture.length, skipped: 0, reason: 'the checksum of the zstd data is wrong' });
    expect((await readBytes(fromBase64(COMPRESSED).subarray(0, -1))).end).toMatchObject({ kind: 'truncated', reason: 'the zstd data end inside a checksum' });
  });
  it('stops at a bomb, and says so', async () => {
    const zeros = zstdBlock(new Uint8Array(1), false, 1, 128 * 1024);
    const read = await readBytes(zstdFrame([zstdBlock(capture, false), ...Array.from({ length: 4096 }, () => zeros)]));
    expect(read.frames).toHaveLength(200);
    expect(read.end).toHaveProperty('reason', expect.stringMatching(/a decompression bomb: more than 4096 times/));
  });
  it('reads through run-length blocks in bounded memory', async () => {
    const zeros = zstdBlock(new Uint8Array(1), false, 1, 128 * 1024);
    const bomb = zstdFrame([zstdBlock(capture, false), ...Array.from({ length: 1024 }, () => zeros), zstdBlock(new Uint8Array(0), true)]);
    const before = process.memoryUsage().rss;
    const read = await readBytes(bomb);
    expect(read.frames).toHaveLength(200);
    expect(read.end).toMatchObject({ kind: 'corrupt', skipped: 2 ** 27 });
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });
  it('lets signals through while it decodes', async () => {
    const zeros = zstdBlock(new Uint8Array(1), false, 1, 128 * 1024);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await readBytes(zstdFrame([zstdBlock(capture, false), ...Array.from({ length: 512 }, () => zeros)]));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
  it('stops at a flood of tiny blocks in a large window', async () => {
    const tiny = zstdBlock(payload(1), false);
    const read = await readBytes(zstdFrame([zstdBlock(capture, false), ...Array.from({ length: 100_000 }, () => tiny)], 0x88));
    expect(read.frames).toHaveLength(200);
    expect(read.end).toHaveProperty('reason', expect.stringMatching(/far too small for their window/));
  });
});
