import { createRootRoute } from '@tanstack/react-router'
import { NotFound, Shell } from './ui/shell.tsx'

/** What every screen's route has as its parent. */
export const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound })
