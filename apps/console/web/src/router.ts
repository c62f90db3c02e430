import { createRouter } from '@tanstack/react-router'
import { rootRoute } from './root-route.ts'
import { screens } from './screens.ts'
import { Failure, Loading } from './ui/states.tsx'

export const router = createRouter({
  routeTree: rootRoute.addChildren(screens),
  defaultPreload: 'intent',
  // What a screen shows is the query client's to keep.
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Loading,
  defaultErrorComponent: Failure,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
