/**
 * A project on the real engine that lives as long as a test. Lays it out and disposes of it; adds
 * nothing to it.
 */
import { createProject, type Project, type ProjectOptions } from "./engine";
import type { CleanUp } from "./registry-for-test";

/** Lays out a project and removes it, with all it runs, when the test or suite has ended. */
export async function projectFor(context: CleanUp, options: ProjectOptions): Promise<Project> {
  const project = await createProject(options);
  context.after(() => project.dispose());
  return project;
}
