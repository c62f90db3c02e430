import { QueryClient } from '@tanstack/react-query'
import { ServerProblem, Unreachable } from './problem.ts'

/** Nothing is asked for more often than this, however many changes arrive. Milliseconds. */
export const CALM_MS = 1_000
/** How often a screen that is looked at asks again for what no stream tells. Milliseconds. */
export const LOOK_AGAIN_MS = 5_000

const MOST_PAUSE_MS = 10_000

/** Comes again where that helps; a refusal is an answer. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: CALM_MS,
      retry: (failures, error) => isPassing(error) && failures < 2,
      retryDelay: (failures) => Math.min(1_000 * 2 ** failures, MOST_PAUSE_MS),
      refetchInterval: ({ state }) => whilePassing(state.error),
    },
  },
})

/** What is not there now is asked for again while somebody looks. */
export const whilePassing = (error: unknown): number | false => (isPassing(error) ? LOOK_AGAIN_MS : false)

const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ServerProblem && error.status >= 500)
