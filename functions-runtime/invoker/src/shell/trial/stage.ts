/** Test support: what every story of a file shares (the judge of the one broker), and what each leaves behind is ended after it. */
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { KafkaJudge } from '../../../../../e2e/judge/kafka-judge.ts';
import { type Behaviour, FunctionServer } from './function-server.ts';
import { Scene, type SceneWish } from './scene.ts';

export interface Stage {
  readonly judge: KafkaJudge;
  readonly bootstrap: string;
  scene(wish: SceneWish): Promise<Scene>;
  server(behaviour?: Behaviour): Promise<FunctionServer>;
  /** Is run after the story, in reverse order. */
  after(end: () => Promise<unknown>): void;
}

/** Call it once at the top of a file of stories. Without a broker of its own it uses the one that all share. */
export function stage(own?: { readonly broker: () => Promise<string> }): Stage {
  let bootstrap = own === undefined ? inject('kafkaBootstrap') : '';
  let judge: KafkaJudge | undefined;
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    if (own !== undefined) bootstrap = await own.broker();
    judge = await KafkaJudge.start(bootstrap);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(() => judge?.stop());
  return {
    get bootstrap() {
      return bootstrap;
    },
    get judge() {
      if (judge === undefined) throw new Error('the judge starts before the first story');
      return judge;
    },
    async scene(wish) {
      const scene = await Scene.set(bootstrap, this.judge, wish);
      ends.push(() => scene.end());
      return scene;
    },
    async server(behaviour) {
      const server = await new FunctionServer(behaviour).start();
      ends.push(() => server.stop());
      return server;
    },
    after: (end) => void ends.push(end),
  };
}
