import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'

interface Frame {
  /** JPEG, base64. */
  readonly data: string
  /** Milliseconds since the recording began. */
  readonly at: number
}

const QUALITY = 90
/** The last frame stands so long. Milliseconds. */
const LAST_MS = 1_500
const BITS_PER_SECOND = 2_000_000

/** What the page shows while `act` runs, as a WebM film. Chromium itself takes the frames and encodes them. */
export const record = async (browser: Browser, page: Page, act: () => Promise<void>): Promise<Buffer> => {
  const frames: Frame[] = []
  const session = await page.context().newCDPSession(page)
  const began = Date.now()
  session.on('Page.screencastFrame', ({ data, sessionId }) => {
    frames.push({ data, at: Date.now() - began })
    void session.send('Page.screencastFrameAck', { sessionId }).catch(() => {})
  })
  await session.send('Page.startScreencast', { format: 'jpeg', quality: QUALITY })
  await act()
  await pause(LAST_MS)
  await session.send('Page.stopScreencast')
  return encoded(browser, frames, Date.now() - began)
}

/** Shows the frames once more, on a canvas that is recorded, each as long as it stood. */
const encoded = async (browser: Browser, frames: readonly Frame[], endMs: number): Promise<Buffer> => {
  const studio = await browser.newPage()
  const film = { frames: frames.map(({ data, at }, i) => ({ data, forMs: (frames[i + 1]?.at ?? endMs) - at })) }
  const base64 = (await studio.evaluate(
    `(${shownOnCanvas})(${JSON.stringify({ ...film, bitsPerSecond: BITS_PER_SECOND })})`,
  )) as string
  await studio.close()
  return Buffer.from(base64, 'base64')
}

/** Runs in the page, where it arrives as text. */
const shownOnCanvas = `async ({ frames, bitsPerSecond }) => {
  const imageOf = async ({ data }) =>
    createImageBitmap(await (await fetch('data:image/jpeg;base64,' + data)).blob())
  const { width, height } = await imageOf(frames[0])
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')
  const recorder = new MediaRecorder(canvas.captureStream(25), {
    mimeType: 'video/webm;codecs=vp9',
    videoBitsPerSecond: bitsPerSecond,
  })
  const parts = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const stopped = new Promise((resolve) => { recorder.onstop = resolve })
  recorder.start()
  for (const frame of frames) {
    context.drawImage(await imageOf(frame), 0, 0)
    await new Promise((resolve) => setTimeout(resolve, frame.forMs))
  }
  recorder.stop()
  await stopped
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer())
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}`
